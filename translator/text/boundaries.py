"""Where a text may be cut: at cells, list marks, sentences, margins, and near its middle.

No cut is within a protected token. The `sentencex` package finds sentences.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

import sentencex

from translator.models.languages import text_language
from translator.text.protected_tokens import table_tokens
from translator.text.spans import Span, overlapping
from translator.text.token_table import EDGE

_ROMAN = r"(?=[ivxIVX])(?:x{0,3}(?:ix|iv|v?i{0,3})|X{0,3}(?:IX|IV|V?I{0,3}))"
# Indentation, and the marks of lists, quotations, headings, tasks, and of speech in subtitles.
_LEAD = re.compile(
    rf"\s*(?:(?:[-*+•◦▪▫‣⁃·–—>|]|#{{1,6}}|\[[ xX]\]|\(?(?:\d{{1,3}}|[^\W\d_]|{_ROMAN})[.)])\s+|>+)*"
    r"(?:[-–—](?=[^\W\d_]{2}))?"
)
_LONGEST_MARK = 8  # characters of a mark that begins with a letter: "xxxviii."
_CLAUSE_END = re.compile(r"[,;:)\]}»”]\s+|\s[-–—(\[{«“]|[、，；：。！？]")
_SPACE = re.compile(r"\s+")
_CELL_END = re.compile(r"\s*[\t|][\s|]*|\s{3,}")  # tabs, table rules, blanks that align columns
_STRETCH = 4_000  # characters, many more than a sentence has


def lead_end(cell: str) -> int:
    """Return where the text begins after indentation and list marks."""
    beginning = cell[:_LONGEST_MARK]
    if beginning[:1].isalpha() and "." not in beginning and ")" not in beginning:
        return 0  # mostly
    lead = _LEAD.match(cell)
    assert lead is not None, "the pattern matches any text"
    if lead[0][-1:] in "-–—" and overlapping(lead.end(), lead.end(), table_tokens(cell)):
        return lead.end() - 1  # of a token such as "-rf"
    return lead.end()


def cells(line: str) -> Iterator[tuple[str, str]]:
    """Yield the cells of a table row and the separators after them; mostly the whole line."""
    position = 0
    if "\t" in line or "|" in line or "   " in line:
        tokens = table_tokens(line)
        for match in _CELL_END.finditer(line):
            if match.start() and not overlapping(match.start(), match.end(), tokens):
                yield line[position : match.start()], match[0]
                position = match.end()
    yield line[position:], ""


def sentences(text: str, language: str) -> Iterator[str]:
    """Yield the sentences of a text; none ends within a token."""
    if not text.strip():
        yield text
        return
    found = _split_sentences(text, text_language(language))
    if len(found) == 1:
        yield text
        return
    tokens = table_tokens(text)
    start = end = 0
    for sentence in found:
        end += len(sentence)
        if not overlapping(end, end, tokens):
            yield text[start:end]
            start = end
    yield text[start:]


def _split_sentences(text: str, language: str) -> list[str]:
    """Return the sentences of a text, read in stretches: sentencex takes quadratic time for quotes.

    The last sentence of a stretch may go on in the next one, which begins with it.
    """
    found: list[str] = []
    start = 0
    while len(text) - start > _STRETCH:
        stretch = text[start : start + _STRETCH]
        complete = sentencex.segment(language, stretch)[:-1] or [stretch]
        found += complete
        start += sum(map(len, complete))
    return [*found, *sentencex.segment(language, text[start:])]


def core(piece: str) -> tuple[int, int]:
    """Return the range without white space, emoji and direction marks at both edges."""
    if piece and piece[0].isalnum() and (piece[-1].isalnum() or piece[-1] in ".,!?"):
        return 0, len(piece)  # mostly
    start, end = len(piece) - len(piece.lstrip()), len(piece.rstrip())
    if end <= start:
        return len(piece), len(piece)
    if piece[start].isalnum() and (piece[end - 1].isalnum() or piece[end - 1] in ".,!?"):
        return start, end
    tokens = [span for span in table_tokens(piece) if EDGE.fullmatch(piece, *span)]
    for first, last in tokens:
        if not piece[start:first].strip():
            start = last
    for first, last in reversed(tokens):
        if first >= start and not piece[last:end].strip():
            end = first
    inner = piece[start:end]
    return end - len(inner.lstrip()), start + len(inner.rstrip())


def without_punctuation(piece: str) -> tuple[int, int]:
    """Return the range without white space, punctuation and symbols at both edges."""
    start, end = 0, len(piece)
    while start < end and unicodedata.category(piece[start])[0] in "PSZC":
        start += 1
    while start < end and unicodedata.category(piece[end - 1])[0] in "PSZC":
        end -= 1
    return start, end


def middle(text: str, tokens: Sequence[Span]) -> int | None:
    """Return where to halve: near the middle after a clause, else at a space, else the middle."""
    centre, last = len(text) // 2, len(text.rstrip())
    for boundary in (_CLAUSE_END, _SPACE):
        window = boundary.finditer(text, len(text) // 4, 1 + 3 * len(text) // 4)
        ends = (match.end() for match in window)
        positions = [end for end in ends if end < last and not overlapping(end, end, tokens)]
        if positions:
            return min(positions, key=lambda position: abs(position - centre))
    if token := overlapping(centre, centre, tokens):
        edges = [edge for edge in token if 0 < edge < len(text)]
        if edges:
            return min(edges, key=lambda position: abs(position - centre))
    base = centre
    while base > 0 and unicodedata.combining(text[base]):
        base -= 1
    return base or centre or None
