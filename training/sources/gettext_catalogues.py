"""Message catalogues of programs and games (gettext's `.mo`), keyed by the English text."""

import re
import struct
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from training.corpus import PIVOT
from training.sources.records import Record, documents
from training.sources.text import is_pair, tidy

_MAGIC = 0x950412DE
_CONTEXT, _PLURAL = "\x04", "\x00"
# Contexts that are part of the message, in Freeciv ("?weapon:Bow") and elsewhere
# ("female^Good morning", "menu|Open"). The second kind is not one if translations have it too.
_QUALIFIER = re.compile(r"^\?[\w ]+:(?=\S)")
_PREFIX = re.compile(r"^[\w ,./-]{1,40}[\^|](?=\S)")
_INLINE = re.compile(r"</?(?:b|i|u|em|strong|big|small|tt|span|code)(?:\s[^<>]*)?>", re.IGNORECASE)
# Wesnoth's help: "<ref>dst='unit_Mage' text='magi'</ref>" shows "magi".
_SHOWN = re.compile(r"<(\w+)>(?:[^<>]*\s)?text='([^'<>]*)'[^<>]*</\1>")
_NAME = ("%PRODUCTNAME", "LibreOffice")  # a placeholder that always means the same
# Markup, placeholders of printf, Python, Qt and shells, escapes, tables, paths: not language.
_UNUSABLE = re.compile(r"[<>{}\\|_]|%[^ ]|\$[\w(]|&#?\w+;|@\w+@|https?:|\w/\w+/\w")
_MARK = re.compile(r"[_~&](?=\w)")


def read_catalogue(path: Path) -> dict[str, str]:
    """Return message → translation of a `.mo` file; messages keep a context, `context\\x04text`.

    For a plural message, the singulars form a pair, and so do the English plural and the last
    form. The standard library's reader is not used, because it drops the English plurals.

    Raises ValueError if the file is not a catalogue.
    """
    data = path.read_bytes()
    order = "<" if data[:4] == struct.pack("<I", _MAGIC) else ">"
    if len(data) < 20 or struct.unpack(f"{order}I", data[:4])[0] != _MAGIC:
        raise ValueError(f"{path.name}: not a gettext catalogue")
    count, keys, values = struct.unpack(f"{order}3I", data[8:20])
    messages: dict[str, str] = {}
    for index in range(count):
        key, value = (
            _string(data, struct.unpack_from(f"{order}2I", data, table + 8 * index))
            for table in (keys, values)
        )
        context, mark, message = key.rpartition(_CONTEXT)
        forms = value.split(_PLURAL)
        singular, *plural = message.split(_PLURAL)
        messages[context + mark + singular] = forms[0]
        if plural and len(forms) > 1:
            messages[context + mark + plural[0]] = forms[-1]
    messages.pop("", None)  # the header
    return messages


def _string(data: bytes, place: tuple[int, ...]) -> str:
    length, offset = place
    return data[offset : offset + length].decode("utf-8", "replace")


def catalogues(roots: Mapping[str, Path]) -> Iterator[Record]:
    """Yield the messages of every catalogue, each with all its translations."""
    for document, files in documents(roots, ".mo"):
        messages: dict[str, dict[str, str]] = defaultdict(dict)
        for language, path in files.items():
            if language != PIVOT:
                for message, translation in read_catalogue(path).items():
                    messages[message][language] = translation
        for message, translations in messages.items():
            yield from _record(document, message, translations)


def _record(document: str, message: str, translations: Mapping[str, str]) -> Iterator[Record]:
    message = message.rpartition(_CONTEXT)[2]
    texts: dict[str, str] = {}
    for language, translation in translations.items():
        pair = message_pair(message, translation)
        if pair is not None and texts.setdefault(PIVOT, pair[0]) == pair[0]:
            texts[language] = pair[1]
    if texts:
        yield Record(document, texts)


def message_pair(message: str, translation: str) -> tuple[str, str] | None:
    """Return both as a user of the program sees them, or None if they are not plain text."""
    message = _QUALIFIER.sub("", message)
    prefix = _PREFIX.match(message)
    if prefix and prefix[0][-1] not in translation:
        message = message[prefix.end() :]
    english, other = _without_markup(message), _without_markup(translation)
    kept = "_" if _same_name(english, other) else ""
    english, other = without_accelerator(english, kept), without_accelerator(other, kept)
    if _UNUSABLE.search(english) or _UNUSABLE.search(other) or "\ufffd" in other:
        return None
    return (english, other) if is_pair(english, other) else None


def _without_markup(text: str) -> str:
    return tidy(_INLINE.sub("", _SHOWN.sub(r"\2", text.replace(*_NAME))))


def without_accelerator(text: str, kept: Collection[str] = ()) -> str:
    """Return "File" for "_File", "~File" and "&File": removes the mark of an accelerator key.

    Several marks are not an accelerator (`file_name_here`), and neither is one before a blank
    ("Q & A").
    """
    text = text.replace("&&", "&\u200b")  # Qt's escape for a literal &; not followed by a letter
    marks = [mark for mark in _MARK.finditer(text) if mark[0] not in kept]
    if len(marks) == 1 and not (marks[0][0] == "~" and text[marks[0].end()].isdigit()):
        at = marks[0].start()
        text = text[:at] + text[at + 1 :]
    return text.replace("\u200b", "")


def _same_name(english: str, other: str) -> bool:
    """Return True if the underscore is part of a name, which both languages then have."""
    names = re.findall(r"\w+_\w+", english)
    return bool(names) and all(name in other for name in names)
