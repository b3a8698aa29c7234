"""Writes texts as YAML in the style of their source, where it can hold them."""

import json
import re
from dataclasses import dataclass

import yaml

_UNPRINTABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_NOT_PLAIN = re.compile(r"""[-?:,\[\]{}#&*!|>'"%@`=]|.*(?::(?:\s|$)|\s\#|\t)|\s|.*\s$""", re.DOTALL)
_FLOW = re.compile(r"[,\[\]{}?]")  # PyYAML reads no `?` there, which the standard allows
_HEADER = re.compile(r"[|>][^\r\n]*(\r\n|\r|\n)")
_FIRST_LINE = re.compile(r"(?:[ \t]*+(?:\r\n|\r|\n))*+( *+)")
_NEWLINES = re.compile(r"\n+")


@dataclass(frozen=True, slots=True)
class YamlScalar:
    """A scalar: its range without anchor and tag, its text, and its style: "", ', ", | or >."""

    start: int
    end: int
    text: str
    style: str
    is_text: bool
    in_flow: bool
    column: int


def is_string(text: str) -> bool:
    """Return whether a plain scalar is a string, and not a number, a date, null or a boolean."""
    resolvers = yaml.SafeLoader.yaml_implicit_resolvers.get(text[:1], [])
    return not any(pattern.match(text) for _, pattern in resolvers)


@dataclass(frozen=True, slots=True)
class ScalarWriter:
    """Writes scalars of a file; `is_ascii` if it escapes other characters."""

    source: str
    is_ascii: bool

    def replace(self, scalar: YamlScalar, text: str) -> tuple[int, int, str]:
        """Return the edit that gives a scalar a text, which has the blanks of the old one."""
        if scalar.style in ("|", ">"):
            return self._block(scalar, text)
        return scalar.start, scalar.end, self.write(scalar, text)

    def write(self, scalar: YamlScalar, text: str) -> str:
        """Return a text on one line, in the style of a scalar, or else in double quotes."""
        is_line = "\n" not in text and not _UNPRINTABLE.search(text)
        if scalar.style == "'" and is_line:
            return "'" + text.replace("'", "''") + "'"
        is_plain = is_line and not scalar.style and is_string(text) and not _NOT_PLAIN.match(text)
        if is_plain and text and not (scalar.in_flow and _FLOW.search(text)):
            return text
        return self._double(text)

    def _double(self, text: str) -> str:
        written = json.dumps(text, ensure_ascii=False)
        unwanted = re.compile(r"[^\0-\x7e]") if self.is_ascii else _UNPRINTABLE
        return unwanted.sub(_escape, written)

    def _block(self, scalar: YamlScalar, text: str) -> tuple[int, int, str]:
        """Write the lines of a block scalar; its header and the line ends after it stay."""
        source = self.source[scalar.start : scalar.end].rstrip()
        header = _HEADER.match(source)
        assert header is not None, "a text in a block begins on the line after its header"
        indent = _indent(source[header.end() :]) - _indent(scalar.text)
        is_writable = indent > 0 and text.strip() and not _UNPRINTABLE.search(text)
        start, end = scalar.start + header.end(), scalar.start + len(source)
        lines = text.rstrip()
        if not is_writable:
            return scalar.start, end, self._double(text)
        mark = ""
        if scalar.style == ">":
            if re.search(r"(?m)^[ \t]", lines):  # a line that begins with a blank is not folded
                start, mark = scalar.start, "|" + header[0][1:]
            else:
                body = lines.lstrip("\n")
                lines = lines[: len(lines) - len(body)] + _NEWLINES.sub(r"\g<0>\n", body)
        written = (" " * indent + line if line else "" for line in lines.split("\n"))
        return start, end, mark + header[1].join(written)


def _indent(lines: str) -> int:
    """Return how many spaces the first line that is not blank begins with."""
    first = _FIRST_LINE.match(lines)
    assert first is not None, "the pattern matches nothing, too"
    return len(first[1])


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
