"""Splits text into segments that fit a model, and joins their translations into a text.

Line breaks, indentation, list marks, blank lines and text without words known to the model (emoji,
numbers, a foreign script) are not translated: they are the gaps between segments, and are put back
as they were. The `sentencex` package finds sentences. A sentence that is too long for the model is
halved at a clause, else at a space, else between two characters. Nothing is truncated.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import sentencex

from translator.models.checkpoints import Checkpoint
from translator.models.tokenizer import Tokenizer
from translator.text.placeholders import Replacement

_LINE_BREAK = re.compile(r"(\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])")
_CLAUSE_END = re.compile(r"[,;:)\]}»”]\s+|\s[-–—(\[{«“]|[、，；：。！？]")
_SPACE = re.compile(r"\s+")
# Indentation, and the marks of lists, quotations and headings.
_LEAD = re.compile(r"\s*(?:(?:[-*+•>]|#{1,6}|\d{1,3}[.)])\s+)*")
_NO_SENTENCE_SPACE = frozenset({"ja", "zh"})  # languages without a space between sentences
_FULL_WIDTH_END = frozenset("。！？、，；：」』）")


@dataclass(frozen=True, slots=True)
class TextSegment:
    """A piece of text for the model; `tokens` includes its language token and `</s>`."""

    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class SegmentedText:
    """Segments and the text around them: gap i precedes segment i, the last gap follows all."""

    segments: tuple[TextSegment, ...]
    gaps: tuple[str, ...]

    def join(self, translations: Sequence[str], target: str) -> str:
        """Return the text with translations, one per segment and in order, between the gaps.

        The spacing between two sentences of a line follows the target language: Japanese sentences
        without a space get one in English, and vice versa.
        """
        parts = [self.gaps[0]]
        for segment, translation, gap in zip(
            self.segments, translations, self.gaps[1:], strict=True
        ):
            parts += (translation, _fit_gap(segment.text, gap, target))
        if self.segments:
            parts[-1] = self.gaps[-1]
        return "".join(parts)


class Segmenter:
    """Splits text for one model; stateless, so threads may share it."""

    def __init__(
        self, count: Callable[[str], int], limit: int, has_words: Callable[[str], bool]
    ) -> None:
        """`count` returns the tokens of a text; segments have at most `limit` of them (≥ 8).

        Text for which `has_words` returns False is not translated.
        """
        self._count = count
        self._limit = limit
        self._has_words = has_words

    @classmethod
    def for_checkpoint(
        cls, checkpoint: Checkpoint, tokenizer: Tokenizer | None = None
    ) -> "Segmenter":
        """Return a segmenter for the model; loads the tokenizer unless one is given."""
        known = tokenizer or checkpoint.tokenizer()
        return cls(
            lambda text: len(known.encode_pieces(text)) + 2,
            checkpoint.segment_limit,
            known.has_words,
        )

    def split(self, text: str, language: str) -> SegmentedText:
        """Split text into lines, lines into sentences, and sentences that are too long in half."""
        segments: list[TextSegment] = []
        gaps = [""]
        for i, part in enumerate(_LINE_BREAK.split(text)):
            lead = _LEAD.match(part)
            start = lead.end() if lead and i % 2 == 0 else len(part)
            gaps[-1] += part[:start]
            for piece in sentencex.segment(language, part[start:]) if start < len(part) else ():
                self._append(piece, segments, gaps)
        return SegmentedText(tuple(segments), tuple(gaps))

    def halve(self, text: str) -> SegmentedText | None:
        """Split text in two at the best place near its middle; None for a single character."""
        position = _middle(text)
        if position is None:
            return None
        segments: list[TextSegment] = []
        gaps = [""]
        for half in (text[:position], text[position:]):
            self._append(half, segments, gaps)
        return SegmentedText(tuple(segments), tuple(gaps))

    def around(self, text: str, replacements: Sequence[Replacement]) -> SegmentedText:
        """Split text around replacements (in order, not overlapping), which become gaps."""
        segments: list[TextSegment] = []
        gaps = [""]
        position = 0
        for replacement in replacements:
            self._append(text[position : replacement.start], segments, gaps)
            gaps[-1] += replacement.text
            position = replacement.end
        self._append(text[position:], segments, gaps)
        return SegmentedText(tuple(segments), tuple(gaps))

    def _append(self, piece: str, segments: list[TextSegment], gaps: list[str]) -> None:
        """Add a piece of text: its core as one or more segments, its margins to the gaps."""
        core = piece.strip()
        if not core:
            gaps[-1] += piece
            return
        start = piece.index(core)
        gaps[-1] += piece[:start]
        for part in self._fit(core):
            text = part.strip()
            if not text or not self._has_words(text):
                gaps[-1] += part
                continue
            lead = part.index(text)
            gaps[-1] += part[:lead]
            segments.append(TextSegment(text, self._count(text)))
            gaps.append(part[lead + len(text) :])
        gaps[-1] += piece[start + len(core) :]

    def _fit(self, text: str) -> Iterator[str]:
        """Yield consecutive parts of `text` that each fit the model."""
        position = _middle(text) if self._count(text) > self._limit else None
        if position is None:
            yield text
        else:
            yield from self._fit(text[:position])
            yield from self._fit(text[position:])


def _middle(text: str) -> int | None:
    """Return where to halve: near the middle after a clause, else at a space, else the middle."""
    middle = len(text) // 2
    for boundary in (_CLAUSE_END, _SPACE):
        window = boundary.finditer(text, len(text) // 4, 1 + 3 * len(text) // 4)
        positions = [match.end() for match in window if text[match.end() :].strip()]
        if positions:
            return min(positions, key=lambda position: abs(position - middle))
    base = middle
    while base > 0 and unicodedata.combining(text[base]):
        base -= 1
    return base or middle or None


def _fit_gap(source: str, gap: str, target: str) -> str:
    if gap == "" and source[-1] in _FULL_WIDTH_END and target not in _NO_SENTENCE_SPACE:
        return " "
    if gap == " " and target in _NO_SENTENCE_SPACE:
        return ""
    return gap
