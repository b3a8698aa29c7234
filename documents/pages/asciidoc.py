"""AsciiDoc: paragraphs, headings, lists, block titles and admonitions are translated.

Listings, tables, attributes, comments, macros and conditions stay.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from documents.core.legacy_encodings import decode_legacy
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import Rounds
from documents.core.spans import Atom, Item, Mark, Output
from documents.core.text_ranges import Edit
from documents.pages.light_markup import (
    Block,
    Dialect,
    source_lines,
    translate_blocks,
    wrapped_texts,
)

_VERBATIM = re.compile(r"(?:-{4,}|\.{4,}|\+{4,}|/{4,}|`{3,}\w*|[|,:!]={3,})$")
_TRANSPARENT = re.compile(r"(?:={4,}|\*{4,}|_{4,}|--)$")
_HEADING = re.compile(r"={1,6}[ ]+(?=\S)")
_BLOCK_TITLE = re.compile(r"\.(?=[^\s.])")
_ATTRIBUTES = re.compile(r"\[.*\]$")
_VERBATIM_STYLE = re.compile(
    r"\[\s*(?:source|listing|literal|verse|stem|latexmath|asciimath|pass|comment|subs|%?hardbreaks"
    r"|plantuml|mermaid|graphviz|ditaa|,)",
    re.IGNORECASE,
)
_STAYS = re.compile(
    r"//|:!?[\w-]+!?:|\+$|'{3,}$|<<<$|(?:ifn?def|ifeval|endif|include)::|[\w-]+::\S*\[.*\]$|---$"
    r"|\*\s\*\s\*$"
)
_LIST = re.compile(r"(?:\*{1,6}|-|\.{1,6}|\d+\.|[A-Za-z]\.|<(?:\d+|\.)>)[ ]+(?=\S)")
_CHECKBOX = re.compile(r"\[[ xX*]\][ ]+")
_TERM = re.compile(r"(?!//)(\S.*?)(:{2,4}|;;)(?:[ ]+(?=\S)|$)")
_ADMONITION = re.compile(r"(?:NOTE|TIP|IMPORTANT|CAUTION|WARNING):[ ]+(?=\S)")
_LINKED = re.compile(r"(?:<<|xref:)#?(_[\w.-]{1,200})[,>\[]")
_ID_CHARACTERS = re.compile(r"[^\w .-]")
_INLINE = re.compile(
    r"""
      (?P<code> (?<![\w`])`(?=\S)[^`]+(?<=\S)`(?![\w`]) | ``[^`]+`` | \+{1,3}[^+\n]+\+{1,3} )
    | (?P<attribute> \{[\w:-]+\} )
    | (?P<word> (?:kbd|btn|menu|icon|stem|latexmath|asciimath|pass|counter2?|image)
        :[^\s\[\]]*\[[^\[\]]*\] )
    | (?P<mark> (?:footnote(?:ref)?|indexterm2?|anchor|bibanchor):[^\s\[\]]*\[[^\[\]]*\]
        | \[\[[^\[\]]*\]\] | \(\(\([^()]{1,300}\)\)\) | <<[^<>,]+>> | [ ]\+$ | <\d+> )
    | (?P<link> (?P<open> (?:(?:link|xref|mailto):[^\s\[\]]+|(?:https?|ftp|irc)://[^\s\[\]<>]+)\[
        | <<[^<>,]+, ) (?P<text>[^\[\]<>="]+?) (?P<close> \^?\]|>> ) )
    | (?P<double> (?P<twice>\*\*|__|\#\#)(?=\S)(?P<wide>(?:(?!(?P=twice)).)+)(?P=twice) )
    | (?P<single> (?<!\w)(?P<once>[*_\#])(?=[^\s*_\#])
        (?P<narrow>(?:(?!(?P=once)).)+)(?<=\S)(?P=once)(?!\w) )
    | (?P<script> \^[^\s^]+\^ | ~[^\s~]+~ )
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_BLOCK_START = re.compile(
    rf"{_LIST.pattern}|{_STAYS.pattern}|{_HEADING.pattern}|{_BLOCK_TITLE.pattern}|{_ADMONITION.pattern}"
    r"|[ \t]|\[.*\]$|.*(?:::|;;)(?:\s|$)"
)


def translate_asciidoc(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file; raise `DocumentError` if its encoding is unknown."""
    encoding, text = decode_legacy(data, options.source)
    blocks = list(_Reader(text).blocks())
    return encoding.encode((yield from translate_blocks(text, blocks, _DIALECT)))


class _Reader:
    """Finds the texts of a file, block by block."""

    def __init__(self, text: str) -> None:
        self._linked = frozenset(_LINKED.findall(text))
        self._lines = source_lines(text)
        self._number = 0

    def blocks(self) -> Iterator[Block]:
        """Yield the texts in order."""
        is_verbatim = False  # the paragraph after an attribute such as `[source]`
        is_first = True  # nothing but the title may come before the author
        while self._number < len(self._lines):
            line = self._lines[self._number]
            text = line.text.rstrip()
            if _VERBATIM.match(text):
                self._skip_verbatim(text)
            elif not text or _TRANSPARENT.match(text) or _STAYS.match(text):
                self._number += 1
            elif _ATTRIBUTES.match(text):
                is_verbatim = _VERBATIM_STYLE.match(text) is not None
                self._number += 1
                continue
            elif heading := _HEADING.match(text):
                yield self._heading(heading.end())
                if is_first and text.startswith("= "):
                    self._skip_paragraph()  # author, revision, attributes
            elif title := _BLOCK_TITLE.match(text):
                yield self._block(title.end(), self._number + 1)
                continue
            elif is_verbatim or (text[0].isspace() and not _LIST.match(text.lstrip())):
                self._skip_paragraph()
            else:
                yield from self._paragraph()
            is_verbatim = is_first = False

    def _skip_verbatim(self, delimiter: str) -> None:
        """Skip a listing, a comment or a table, up to the same delimiter."""
        closing = "```" if delimiter.startswith("```") else delimiter
        self._number += 1
        while self._number < len(self._lines):
            self._number += 1
            if self._lines[self._number - 1].text.rstrip() == closing:
                break

    def _skip_paragraph(self) -> None:
        while self._number < len(self._lines) and not self._lines[self._number].is_blank:
            self._number += 1

    def _block(self, offset: int, end: int) -> Block:
        """Return the text from a position of this line to the line before `end`."""
        start = self._lines[self._number].start + offset
        last = self._lines[end - 1]
        self._number = end
        return Block(start, last.start + len(last.text.rstrip()))

    def _heading(self, offset: int) -> Block:
        """Return a heading; if the file links to the id that it has, it keeps that id."""
        line = self._lines[self._number]
        before = self._lines[self._number - 1].text if self._number else ""
        words = _ID_CHARACTERS.sub("", line.text[offset:].strip().lower())
        anchor = "_" + re.sub(r"[ .-]+", "_", words).strip("_")
        block = self._block(offset, self._number + 1)

        def also(written: str) -> Iterable[Edit]:
            if anchor in self._linked and not _ATTRIBUTES.match(before.rstrip()):
                yield line.start, line.start, f"[#{anchor}]\n"

        return Block(block.start, block.end, also)

    def _paragraph(self) -> Iterator[Block]:
        """Yield a paragraph, an item of a list, or a term and what it means."""
        line = self._lines[self._number]
        offset = line.indent
        item = _LIST.match(line.text, offset)
        if item is not None:
            offset = item.end()
            box = _CHECKBOX.match(line.text, offset)
            offset = box.end() if box else offset
        elif term := _TERM.match(line.text, offset):
            yield Block(line.start + term.start(1), line.start + term.end(1))
            offset = term.end()
            if offset >= len(line.text.rstrip()):  # its meaning is in the next line
                self._number += 1
                if self._number == len(self._lines) or not self._continues(self._number):
                    return
                offset = self._lines[self._number].indent
        elif label := _ADMONITION.match(line.text):
            offset = label.end()
        end = self._number + 1
        while end < len(self._lines) and self._continues(end):
            end += 1
        yield self._block(offset, end)

    def _continues(self, number: int) -> bool:
        text = self._lines[number].text.strip()
        starts = (_LIST, _STAYS, _VERBATIM, _TRANSPARENT, _ATTRIBUTES, _TERM, _BLOCK_TITLE)
        return bool(text) and not any(start.match(text) for start in starts)


def _markup(match: re.Match[str]) -> Iterator[Item]:
    if match["link"]:
        yield Mark(match["open"], "open", "link")
        yield from wrapped_texts(match["text"])
        yield Mark(match["close"], "close", "link")
    elif match["double"] or match["single"]:
        mark = match["twice"] or match["once"]
        yield Mark(mark, "open", mark)
        yield from wrapped_texts(match["wide"] or match["narrow"])
        yield Mark(mark, "close", mark)
    elif match["mark"]:
        yield Mark(match[0])
    else:
        yield Atom(match[0], match[0].strip("`+"))


def _write(outputs: Sequence[Output]) -> str:
    """Write outputs; single marks beside letters, which would be text, are doubled."""
    sources = [output if isinstance(output, str) else output.source for output in outputs]
    opened: dict[str, int] = {}
    for i, output in enumerate(outputs):
        if isinstance(output, Mark) and output.name in _SINGLE and output.role == "open":
            opened[output.name] = i
        elif isinstance(output, Mark) and output.name in opened and output.role == "close":
            first = opened.pop(output.name)
            if _touches_word(sources, first, i):
                sources[first] = sources[i] = output.name * 2
        elif (
            isinstance(output, Atom) and sources[i].startswith("`") and _touches_word(sources, i, i)
        ):
            sources[i] = f"``{sources[i].strip('`')}``"
    return "".join(sources)


def _touches_word(sources: Sequence[str], first: int, last: int) -> bool:
    """Return True if a letter or digit is directly before or after some of the parts."""
    before = next((sources[i] for i in range(first - 1, -1, -1) if sources[i]), " ")
    after = next((sources[i] for i in range(last + 1, len(sources)) if sources[i]), " ")
    return before[-1].isalnum() or after[0].isalnum()


_SINGLE = frozenset("*_#")
_DIALECT = Dialect(_INLINE, _markup, _write, "*_`#+{}<>[]|^~", _BLOCK_START)
