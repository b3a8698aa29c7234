"""The front matter of Markdown files, in YAML, TOML or JSON: titles and descriptions in it."""

import json
import re
from collections.abc import Iterator

from documents.core.text_ranges import TextRange

_FENCED = re.compile(
    r"""
    (?: ---[ \t]*\r?\n (?:.*\r?\n)*? (?:---|\.\.\.)
      | \+{3}[ \t]*\r?\n (?:.*\r?\n)*? \+{3} )
    [ \t]* (?:\r?\n|$)
    """,
    re.VERBOSE,
)
_OBJECT = re.compile(r"\{[ \t]*\r?\n")
_FOR_READERS = (
    "abstract|caption|description|excerpt|headline|lead|link_?title|nav_title|pagination_label|"
    "sidebar_label|subtitle|summary|tagline|title"
)
_YAML = re.compile(
    rf"""
    ^(?P<key>["']?(?:{_FOR_READERS})["']?[ \t]*:[ \t]+)
    (?: (?P<quoted>"(?:[^"\\\r\n]|\\.)*" | '(?:[^'\r\n]|'')*')[ \t]*(?:\#.*)?
      | (?P<folded>>[-+]?)[ \t]*\r?\n(?P<lines>(?:[ \t]+\S.*(?:\r?\n|$))+)
      | (?P<plain>[^\s"'\[\]{{}}&*!|>%@`\#,?:-][^\r\n]*?)[ \t]* )
    \r?$(?![\r\n]+[ \t]+\S)
    """,
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_TOML = re.compile(
    rf"""^(?:{_FOR_READERS})[ \t]*=[ \t]*("(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*')[ \t]*(?:\#.*)?\r?$""",
    re.MULTILINE | re.IGNORECASE,
)
_JSON = re.compile(rf'"(?:{_FOR_READERS})"\s*:\s*("(?:[^"\\]|\\.)*")', re.IGNORECASE)
_PLAIN_SCALAR = re.compile(r"[^\W\d_](?:(?!:\s|\s\#|:$)[^\r\n])*")
_KEYWORDS = frozenset({"false", "n", "no", "null", "off", "on", "true", "y", "yes"})


def front_matter_end(text: str) -> int:
    """Return where the front matter of a file ends; 0 if it has none."""
    fenced = _FENCED.match(text)
    if fenced is not None:
        return fenced.end()
    if _OBJECT.match(text):
        try:
            _, end = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError):
            return 0
        return end
    return 0


def front_matter_texts(front: str) -> Iterator[TextRange]:
    """Yield the values for readers, such as the title; other names and lists stay."""
    if front.startswith("{"):
        for value in _JSON.finditer(front):
            yield TextRange(*value.span(1), json.loads(value[1]), _write_json)
    elif front.startswith("+++"):
        for value in _TOML.finditer(front):
            yield TextRange(*value.span(1), _unquoted(value[1]), _write_json)
    else:
        yield from _yaml_texts(front)


def _yaml_texts(front: str) -> Iterator[TextRange]:
    for value in _YAML.finditer(front):
        if value["quoted"] is not None:
            yield TextRange(*value.span("quoted"), _unquoted(value["quoted"]), _write_json)
        elif value["plain"] is not None and " #" not in value["plain"]:
            yield TextRange(*value.span("plain"), value["plain"], _write_plain)
        elif value["lines"] is not None:  # folded lines are one text
            start, end = value.span("lines")
            lines = value["lines"]
            indent = len(lines) - len(lines.lstrip())
            yield TextRange(start + indent, end - len(lines) + len(lines.rstrip()), _joined(lines))


def _joined(lines: str) -> str:
    return " ".join(lines.split())


def _unquoted(value: str) -> str:
    """Return the text of a quoted value; "" where its escapes are not those of JSON."""
    if value[0] == "'":
        return value[1:-1].replace("''", "'")
    try:
        text: str = json.loads(value)
    except ValueError:
        return ""
    return text


def _write_json(text: str) -> str:
    """Write a text in double quotes, which YAML and TOML read like JSON."""
    return json.dumps(text, ensure_ascii=False)


def _write_plain(text: str) -> str:
    """Write a text for YAML, quoted if it would not be read as this text."""
    is_plain = _PLAIN_SCALAR.fullmatch(text) and text.lower() not in _KEYWORDS
    return text if is_plain else _write_json(text)
