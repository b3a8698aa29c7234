"""Adds members to objects of a JSON file in the layout that the file has."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from documents.core.text_ranges import Edit
from documents.localization.json_source import TOKEN

_FIRST_MEMBER = re.compile(r'\s*\{(\r?\n)([ \t]+)"')
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class JsonObject:
    """The range of an object, and where the name of each member begins."""

    start: int
    end: int = -1
    members: list[tuple[str, int]] = field(default_factory=list)


def objects_of(text: str, depth: int) -> dict[tuple[str, ...], JsonObject]:
    """Return the objects in objects of valid JSON by their names, to a depth of names."""
    objects: dict[tuple[str, ...], JsonObject] = {}
    path: list[str] = []  # of the value that comes next
    opened: list[JsonObject | None] = []
    for token in TOKEN.finditer(text):
        if token[2] is not None:
            if opened[-1] is not None:
                path[-1] = json.loads(token[1])
                opened[-1].members.append((path[-1], token.start()))
        elif token[0] in "[{":
            is_wanted = token[0] == "{" and len(opened) <= depth and None not in opened
            opened.append(JsonObject(token.start()) if is_wanted else None)
            if is_wanted:
                path.append("")
        elif token[0] in "]}":
            closed = opened.pop()
            if closed is not None:
                path.pop()
                closed.end = token.end()
                objects[tuple(path)] = closed
    return objects


class JsonLayout:
    """The line ends, indentation and separators of a file."""

    def __init__(self, text: str) -> None:
        self._text = text
        first = _FIRST_MEMBER.match(text)
        self._newline, self._indent = (first[1], first[2]) if first else ("", "")
        self._separator = " : " if '" : ' in text else ": "

    def write(self, value: Any, level: int) -> str:
        """Return the JSON of a value whose line is indented that often, with sorted names."""
        if not self._newline:
            return _dumps(value, sort_keys=True)
        separators = (",", self._separator)
        written = _dumps(value, sort_keys=True, indent=self._indent, separators=separators)
        return written.replace("\n", self._newline + self._indent * level)

    def insert(self, parent: JsonObject, level: int, name: str, value: Any) -> Edit:
        """Return what adds a member to an object, whose line is indented that often."""
        written = _dumps(name) + self._separator
        written += self.write(value, level + 1)
        line = self._newline + self._indent * (level + 1)
        later = next((start for other, start in parent.members if other > name), None)
        if later is not None:
            return later, later, f"{written},{line or ' '}"
        if not parent.members:
            end_line = self._newline + self._indent * level
            return parent.start, parent.end, f"{{{line}{written}{end_line}}}"
        end = parent.end - 1
        while self._text[end - 1].isspace():
            end -= 1
        return end, end, f",{line or ' '}{written}"


def _dumps(value: Any, **options: Any) -> str:
    """Return JSON in which only what UTF-8 lacks is escaped."""
    written = json.dumps(value, ensure_ascii=False, **options)
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", written)
