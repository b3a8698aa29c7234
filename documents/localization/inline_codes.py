"""Inline elements of XLIFF and TMX: spans, placeholders, and code of the original file."""

import re
from collections.abc import Callable, Iterator
from functools import partial

from documents.core.spans import Atom, Item, Mark, Text
from documents.core.xml_text import as_text, markup_items
from documents.core.xml_tokens import XmlToken, attributes_of, plain_text

_MAX_ATOM_CHARACTERS = 200  # a longer one ends the sentence
_PLACEHOLDERS = frozenset({"x", "ph", "cp"})  # they stand for words
_OPENING = frozenset({"bpt", "bx", "sc", "sm"})
_CLOSING = frozenset({"ept", "ex", "ec", "em"})
_ISOLATED = frozenset({"it", "ut"})  # ends of spans of which the other end is elsewhere
_LINE_BREAKS = frozenset({"lb", "x-br", "x-html-br", "xlf:lb"})
_INDENTED = re.compile(r"((?<=\S)[ \t]*\r?\n[ \t]{2,}(?=\S))")
_ANGULAR_SPAN = re.compile(r"(START|CLOSE)_(\w+?)(?:_\d+)?")  # ids of placeholders for tags


def code_items(markup: str, *, preserve: bool = False) -> list[Item]:
    """Return the items of the content of a source.

    Unless `preserve` says that all white space counts, an indented line continues the one before.
    """
    return markup_items(markup, _whole, as_text if preserve else _unwrapped)


def _unwrapped(source: str, plain: str) -> Iterator[Item]:
    if source != plain:
        yield Text(source, plain)
        return
    for number, part in enumerate(_INDENTED.split(plain)):
        if part:
            yield Text(part, " " if number % 2 else part)


def _whole(token: XmlToken) -> Callable[[str], Item] | None:
    name = token.name.rpartition(":")[2]
    attributes = attributes_of(token.source)
    code = next((attributes[key] for key in ("rid", "i", "id", "x") if key in attributes), "")
    if name in _PLACEHOLDERS:
        return partial(_placeholder, attributes, code)
    if name in _OPENING:
        return partial(Mark, role="open", name=f"#{code}")
    if name in _CLOSING:
        return partial(Mark, role="close", name=f"#{attributes.get('startRef', code)}")
    if name in _ISOLATED:
        return Mark
    is_protected = attributes.get("translate") == "no" or attributes.get("mtype") == "protected"
    return _protected if name == "mrk" and is_protected else None


def _placeholder(attributes: dict[str, str], code: str, source: str) -> Item:
    """Return an atom in the form of a placeholder, which translators keep."""
    kinds = {attributes.get("ctype"), attributes.get("type"), attributes.get("subType")}
    if kinds & _LINE_BREAKS:
        return Mark(source)
    if match := _ANGULAR_SPAN.fullmatch(code):
        return Mark(source, "open" if match[1] == "START" else "close", f"#{match[2]}")
    name = re.sub(r"[^A-Za-z0-9_]", "", code)
    return Atom(source, f"{{{{{name if name[:1].isalpha() else f'x{name}'}}}}}")


def _protected(source: str) -> Item:
    plain = plain_text(source)
    return Atom(source, plain) if 0 < len(plain) <= _MAX_ATOM_CHARACTERS else Mark(source)
