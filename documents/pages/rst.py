"""reStructuredText: paragraphs, headings, lists and admonitions are translated.

Other directives, literal blocks, tables, fields, comments, targets, roles and substitutions stay.
"""

import re
import unicodedata
from collections.abc import Generator, Iterable, Iterator, Sequence

from documents.core.legacy_encodings import decode_legacy
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import Rounds
from documents.core.spans import Atom, Item, Mark, Output
from documents.core.text_ranges import Edit
from documents.core.wrapping import visible_width
from documents.pages.light_markup import (
    Block,
    Dialect,
    SourceLine,
    source_lines,
    translate_blocks,
    wrapped_texts,
)

_TEXT_DIRECTIVES = frozenset({
    "admonition", "attention", "caution", "container", "danger", "deprecated", "epigraph", "error",
    "hint", "important", "note", "only", "pull-quote", "rubric", "seealso", "sidebar", "tip",
    "topic", "versionadded", "versionchanged", "warning",
})  # fmt: skip
_TITLED = frozenset({"admonition", "rubric", "sidebar", "topic"})  # whose argument is text
_PLAIN = _TEXT_DIRECTIVES - _TITLED - {"container", "deprecated", "only", "versionadded",
                                       "versionchanged"}  # fmt: skip
_DIRECTIVE = re.compile(r"\.\.[ ]+(?P<name>[\w:+.-]+)::(?:[ ]+(?P<argument>\S.*))?$")
_REFERENCE = re.compile(r"`([^`<>]+)`__?")
_TARGET = re.compile(r"\.\.[ ]+_`?([^`:\n]+)`?:|`([^`<>]+?)\s*<[^`<>]+>`_(?!_)")
_OPTION = re.compile(r"\s+:\w[^:]*:(?:\s|$)")
_FOOTNOTE = re.compile(r"\.\.[ ]+\[[^\]]+\][ ]+(?=\S)")
_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1*\s*$")
_MARKER = re.compile(r"(?:[-*+•‣⁃]|\(?(?:\d+|#|[A-Za-z]|[ivxlcIVXLC]+)[.)])[ ]+(?=\S)")
_STAYS = re.compile(  # doctests, line blocks, tables, fields, options, targets, comments
    r">>>|\||\+[-=+]+$|[=-]{2,}[ ]+[=-]|:[^:\s][^:]*:(?:\s|$)"
    r"|--?\w[\w-]*(?:[ =]\S+)?[ ]{2,}|/\w[ ]{2,}|__(?:\s|$)|\.\.(?:\s|$)"
)
_INLINE = re.compile(
    r"""
      (?P<literal> ``(?:(?!``(?!`)).)+``(?!`) )
    | (?P<role> :[\w:+.-]+:`[^`]+` | `[^`]+`:[\w:+.-]+: )
    | (?P<link> (?P<open>`)(?P<text>[^`<>]+?)(?P<close>\s*<[^`<>]+>`__?) )
    | (?P<reference> `[^`]+`_{0,2}
        | (?<![\w.+:-])[A-Za-z0-9]+(?:[-_.+:][A-Za-z0-9]+){0,20}__?(?!\w) )
    | (?P<substitution> \|[^|\s][^|]*\|_{0,2} )
    | (?P<note> \[[^\]\s]+\]_ )
    | (?P<strong> (?<![\w*])\*\*(?=\S)(?P<bold>[^*]+)(?<=\S)\*\*(?!\w) )
    | (?P<emphasis> (?<![\w*])\*(?=[^\s*])(?P<italic>[^*]+)(?<=\S)\*(?!\w) )
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK_START = re.compile(rf"{_MARKER.pattern}|{_STAYS.pattern}|.*::\s*$")
_SHORTEST = 4  # a line of fewer characters may be text
_OPENS = frozenset({"Pd", "Pf", "Pi", "Po", "Ps"})
_CLOSES = _OPENS - {"Ps"} | {"Pe"}


def translate_rst(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file; raise `DocumentError` if its encoding is unknown."""
    encoding, text = decode_legacy(data, options.source)
    blocks = list(_Reader(text).blocks())
    return encoding.encode((yield from translate_blocks(text, blocks, _DIALECT)))


class _Reader:
    """Finds the texts of a file, block by block."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = source_lines(text)
        self._ends = _block_ends(self._lines)
        self._references = set(_names(_REFERENCE, text)) - set(_names(_TARGET, text))

    def blocks(self) -> Iterator[Block]:
        """Yield the texts in order."""
        number = 0
        while number < len(self._lines):
            line = self._lines[number]
            end = self._ends[number]
            if line.is_blank:
                number += 1
            elif (title := self._title(number, end)) is not None:
                yield from self._heading(*title)
                number = title[1] + 1
            elif line.text.lstrip().startswith(".."):
                number = yield from self._explicit(number)
            elif line.text.strip() == "::":
                number = self._literal_end(number + 1, line.indent)
            elif _STAYS.match(line.text.lstrip()) or _ADORNMENT.match(line.text.lstrip()):
                number = end
            else:
                number = yield from self._paragraph(number, end)

    def _body_end(self, number: int) -> int:
        """Return the number of the next line that is not indented more than this one."""
        indent, end = self._lines[number].indent, number + 1
        for other in range(number + 1, len(self._lines)):
            line = self._lines[other]
            if not line.is_blank and line.indent <= indent:
                break
            end = other + 1 if not line.is_blank else end
        return end

    def _title(self, number: int, end: int) -> tuple[int, int] | None:
        """Return the numbers of the lines of a title and of its underline."""
        first = _ADORNMENT.match(self._lines[number].text)
        title = number + 1 if first else number
        if title + 1 >= end or self._lines[number].indent:
            return None
        underline = _ADORNMENT.match(self._lines[title + 1].text)
        text = self._lines[title].text
        if underline is None or _ADORNMENT.match(text) or (first and first[0] != underline[0]):
            return None
        is_long = len(self._lines[title + 1].text.rstrip()) >= min(4, visible_width(text.rstrip()))
        return (title, title + 1) if is_long and not _STAYS.match(text) else None

    def _heading(self, title: int, underline: int) -> Iterator[Block]:
        """Yield a heading, whose lines become as long as it; links to it need a target."""
        line = self._lines[title]
        text = line.text.strip()
        start = line.start + line.indent
        over = self._lines[title - 1] if title else None
        under = self._lines[underline]
        adornments = [under]
        if over is not None and over.text == under.text:
            adornments.insert(0, over)
        width = len(under.text.rstrip())
        is_exact = width == visible_width(text)

        def also(written: str) -> Iterable[Edit]:
            least = min(width, _SHORTEST) if is_exact else width
            new = max(least, visible_width(written) + 2 * line.indent)
            for each in adornments:
                end = each.start + len(each.text.rstrip())
                yield each.start, end, each.text[0] * new
            if " ".join(text.lower().split()) in self._references:
                place = adornments[0].start if len(adornments) > 1 else line.start
                yield place, place, f".. _{text}:\n\n"

        yield Block(start, start + len(text), also)

    def _explicit(self, number: int) -> Generator[Block, None, int]:
        """Read explicit markup; return the number of the first line after what stays."""
        line = self._lines[number]
        text = line.text.lstrip()
        directive = _DIRECTIVE.match(text)
        footnote = _FOOTNOTE.match(text)
        if footnote is not None:
            return (yield from self._paragraph(number, self._ends[number], footnote.end()))
        if directive is None or directive["name"] not in _TEXT_DIRECTIVES:
            return self._body_end(number)
        last = number + 1
        if directive["argument"] and directive["name"] in (_TITLED | _PLAIN):
            while directive["name"] in _PLAIN and self._is_text_in(last, line.indent):
                last += 1
            final = self._lines[last - 1]
            start = line.start + line.indent + directive.start("argument")
            yield Block(start, final.start + len(final.text.rstrip()))
        while last < len(self._lines) and _OPTION.match(self._lines[last].text):
            last += 1
        return last

    def _is_text_in(self, number: int, indent: int) -> bool:
        """Return True if a line goes on with the text of a directive."""
        line = self._lines[number] if number < len(self._lines) else SourceLine(0, "")
        return not line.is_blank and line.indent > indent and not _OPTION.match(line.text)

    def _paragraph(self, number: int, end: int, offset: int = 0) -> Generator[Block, None, int]:
        """Read a paragraph or an item of a list; return the number of the line after it."""
        line = self._lines[number]
        marker = _MARKER.match(line.text, line.indent) if not offset else None
        start = marker.end() if marker else line.indent + offset
        last = number + 1
        while last < end and self._continues(number, last, start, is_item=bool(marker or offset)):
            last += 1
        final = self._lines[last - 1]
        stop = final.start + len(final.text.rstrip())
        is_literal = final.text.rstrip().endswith("::")
        if is_literal:
            stop -= 2
        yield Block(line.start + start, stop)
        return self._literal_end(last, start) if is_literal else last

    def _continues(self, first: int, number: int, start: int, *, is_item: bool) -> bool:
        """Return True if a line belongs to the paragraph that began at column `start`."""
        line, text = self._lines[number], self._lines[number].text.lstrip()
        if is_item:
            return line.indent >= min(start, self._lines[first].indent + 2) and not (
                _MARKER.match(text)
            )
        return line.indent == self._lines[first].indent and not _MARKER.match(text)

    def _literal_end(self, number: int, indent: int) -> int:
        """Return the number of the line after a literal block."""
        while number < len(self._lines):
            line = self._lines[number]
            if not line.is_blank and line.indent <= indent:
                break
            number += 1
        return number


def _block_ends(lines: Sequence[SourceLine]) -> list[int]:
    """Return the number of the next blank line after each line."""
    ends: list[int] = []
    end = len(lines)
    for number in range(len(lines) - 1, -1, -1):
        end = number if lines[number].is_blank else end
        ends.append(end)
    return ends[::-1]


def _names(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """Yield the names that a pattern finds, as they are compared."""
    for found in pattern.finditer(text):
        yield " ".join((found[1] or found[found.lastindex or 1]).lower().split())


def _markup(match: re.Match[str]) -> Iterator[Item]:
    kind = match.lastgroup
    if match["strong"] or match["emphasis"]:
        mark, inner = ("**", match["bold"]) if match["strong"] else ("*", match["italic"])
        yield Mark(mark, "open", mark)
        yield from wrapped_texts(inner)
        yield Mark(mark, "close", mark)
    elif match["link"]:
        yield Mark(match["open"], "open", "link")
        yield from wrapped_texts(match["text"])
        yield Mark(match["close"], "close", "link")
    elif kind == "note":
        yield Mark(match[0])
    else:
        yield Atom(match[0], _shown(match[0]))


def _shown(source: str) -> str:
    """Return what a reader sees of a role, a reference or a literal, roughly."""
    quoted = re.search(r"`+([^`<]*[^`<\s])", source)
    return " ".join((quoted[1] if quoted else source.strip("_|")).split())


def _write(outputs: Sequence[Output]) -> str:
    r"""Write outputs; markup is only read as such beside blanks and punctuation, or `\ `."""
    written = ""
    after_markup = False
    for output in outputs:
        source = output if isinstance(output, str) else output.source
        if not source:
            continue
        is_opening = isinstance(output, Atom) or (
            isinstance(output, Mark) and output.role == "open"
        )
        is_closing = isinstance(output, Atom) or (
            isinstance(output, Mark) and output.role == "close"
        )
        if (is_opening and not _may_open(written[-1:])) or (
            after_markup and not is_closing and not _may_close(source[0])
        ):
            written += "\\ "
        written += source
        after_markup = is_closing
    return written


def _may_open(before: str) -> bool:
    return (
        not before or before.isspace() or unicodedata.category(before) in _OPENS or before in "<="
    )


def _may_close(after: str) -> bool:
    return after.isspace() or unicodedata.category(after) in _CLOSES or after in ">\\"


_DIALECT = Dialect(_INLINE, _markup, _write, "*`|\\<>", _BLOCK_START)
