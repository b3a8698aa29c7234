"""Splits text into segments that fit a model, and joins their translations into a text.

What has no meaning for a model never reaches it and is put back as it was, in the gaps between
segments: line breaks, tabs and other white space, list marks, the separators of table cells, the
syntax of ICU messages, emoji and direction marks at the edges, and text without words that the
model knows (numbers, addresses, placeholders, a foreign script). The `sentencex` package finds
sentences. A sentence that is too long for the model is halved at a clause, else at a space, else
between two characters. Nothing is truncated; no token is cut in two unless it alone is too long.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from translator.models.checkpoints import Checkpoint
from translator.models.languages import text_language
from translator.models.tokenizer import Tokenizer
from translator.text.accelerators import find_accelerator
from translator.text.boundaries import (
    cells,
    core,
    lead_end,
    middle,
    sentences,
    without_punctuation,
)
from translator.text.icu_message import message_texts
from translator.text.numbers import whole_numbers
from translator.text.placeholders import Replacement
from translator.text.protected_tokens import is_plain, table_tokens
from translator.text.spans import Span, blanked

_AROUND = 2  # tokens of the input around the pieces of a text
_LINE_BREAK = re.compile(r"(\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])")
_DIGIT, _LETTER = re.compile(r"\d"), re.compile(r"[^\W\d_]")
_NO_SENTENCE_SPACE = frozenset({"ja", "zh"})  # languages without a space between sentences
_FULL_WIDTH_END = frozenset("。！？、，；：」』）")
# Where a text is split: into the sentences of each line, into sentences that may go over several
# lines, or only where it is too long for the model.
Splitting = Literal["lines", "sentences", "none"]
_Encoded = tuple[str, Sequence[int]]  # a part of a text, and the ids of its pieces


class TextSegment(NamedTuple):
    """A piece of text for the model, and the ids of its vocabulary pieces."""

    text: str
    ids: Sequence[int]
    plain: bool = False  # surely, as `protected_tokens.is_plain` says; else it may be, too

    @property
    def tokens(self) -> int:
        """Tokens of the model's input: the pieces, a language token and `</s>`."""
        return len(self.ids) + _AROUND


class SegmentedText(NamedTuple):
    """Segments and the text around them: gap i precedes segment i, the last gap follows all."""

    segments: tuple[TextSegment, ...]
    gaps: tuple[str, ...]

    def join(self, translations: Sequence[str], target: str) -> str:
        """Return the text with translations, one per segment and in order, between the gaps.

        The spacing between two sentences of a line follows the target language: Japanese sentences
        without a space get one in English, and vice versa.
        """
        if len(translations) == len(self.segments) == 1:
            return f"{self.gaps[0]}{translations[0]}{self.gaps[1]}"
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
        self,
        encode: Callable[[str], Sequence[int]],
        limit: int,
        has_words: Callable[[Sequence[int]], bool],
    ) -> None:
        """`encode` returns the ids of a text; segments have at most `limit` tokens (≥ 8).

        Text for whose ids `has_words` returns False is not translated.
        """
        self._encode = encode
        self._limit = limit
        self._has_words = has_words

    @classmethod
    def for_checkpoint(
        cls, checkpoint: Checkpoint, tokenizer: Tokenizer | None = None
    ) -> "Segmenter":
        """Return a segmenter for the model; loads the tokenizer unless one is given."""
        known = tokenizer or checkpoint.tokenizer()
        return cls(known.encode_pieces, checkpoint.segment_limit, known.have_words)

    def split(self, text: str, language: str, splitting: Splitting = "lines") -> SegmentedText:
        """Split text into lines, lines into sentences, and sentences that are too long in half.

        Inside a segment of several lines, their breaks are spaces to the model.
        """
        segments: list[TextSegment] = []
        gaps = [""]
        if is_plain(text) and splitting != "none":  # one line, mostly of one sentence
            self._append_line(text, language, segments, gaps, plain=True)
            return SegmentedText(tuple(segments), tuple(gaps))
        position = 0
        for start, end in message_texts(text) or [(0, len(text))]:
            gaps[-1] += text[position:start]
            self._append_lines(text[start:end], language, splitting, segments, gaps)
            position = end
        gaps[-1] += text[position:]
        return SegmentedText(tuple(segments), tuple(gaps))

    def halve(self, text: str) -> SegmentedText | None:
        """Split text in two at the best place near its middle; None for a single character."""
        position = middle(text, table_tokens(text))
        if position is None:
            return None
        segments: list[TextSegment] = []
        gaps = [""]
        for half in (text[:position], text[position:]):
            self._append(half, segments, gaps)
        return SegmentedText(tuple(segments), tuple(gaps))

    def around(self, text: str, replacements: Sequence[Replacement]) -> SegmentedText:
        """Split text around replacements (in order, not overlapping), which become gaps.

        So does punctuation beside them.
        """
        segments: list[TextSegment] = []
        gaps = [""]
        position = 0
        for replacement in [*replacements, Replacement(len(text), len(text), "")]:
            piece = text[position : replacement.start]
            start, end = without_punctuation(piece)
            gaps[-1] += piece[:start]
            self._append(piece[start:end], segments, gaps)
            gaps[-1] += piece[end:] + replacement.text
            position = replacement.end
        return SegmentedText(tuple(segments), tuple(gaps))

    def _append_lines(
        self,
        text: str,
        language: str,
        splitting: Splitting,
        segments: list[TextSegment],
        gaps: list[str],
    ) -> None:
        if splitting == "none":
            self._append(text, segments, gaps)
            return
        for i, part in enumerate(_LINE_BREAK.split(text) if splitting == "lines" else [text]):
            if i % 2:
                gaps[-1] += part
            else:
                self._append_line(part, language, segments, gaps)

    def _append_line(
        self,
        line: str,
        language: str,
        segments: list[TextSegment],
        gaps: list[str],
        *,
        plain: bool = False,
    ) -> None:
        """Add the sentences of all cells of a line."""
        for cell, separator in cells(line):
            start = lead_end(cell)
            gaps[-1] += cell[:start]
            for sentence in sentences(cell[start:], language):
                self._append(sentence, segments, gaps, plain=plain)
            gaps[-1] += separator

    def _append(
        self, piece: str, segments: list[TextSegment], gaps: list[str], *, plain: bool = False
    ) -> None:
        """Add a piece of text: its core as one or more segments, its margins to the gaps."""
        start, end = core(piece)
        gaps[-1] += piece[:start]
        for part, ids in self._fit(piece[start:end]):
            text = part.strip()
            segment = TextSegment(text, ids if text == part else self._encode(text), plain)
            if not self._is_language(segment):
                gaps[-1] += part
                continue
            lead = part.index(text)
            gaps[-1] += part[:lead]
            segments.append(segment)
            gaps.append(part[lead + len(text) :])
        gaps[-1] += piece[end:]

    def _is_language(self, segment: TextSegment) -> bool:
        """Return True if there is a word of the model's languages outside all tokens."""
        text = segment.text
        bare = text if segment.plain else _without_tokens(text)
        if not _LETTER.search(bare):
            return False
        return self._has_words(segment.ids if bare == text else self._encode(bare))

    def _fit(self, text: str) -> Iterator[_Encoded]:
        """Yield consecutive parts of `text` that each fit the model, with their ids."""
        if not text:
            return
        ids = self._encode(text)
        if len(ids) + _AROUND <= self._limit:
            yield text, ids
        else:
            yield from self._halved(text, ids, table_tokens(text))

    def _halved(self, text: str, ids: Sequence[int], spans: Sequence[Span]) -> Iterator[_Encoded]:
        """Yield parts that fit; `spans` are the protected tokens of the text."""
        position = middle(text, spans) if len(ids) + _AROUND > self._limit else None
        if position is None:
            yield text, ids
            return
        before = [span for span in spans if span[0] < position]
        after = [(s - position, e - position) for s, e in spans if e > position]
        for part, inner in ((text[:position], before), (text[position:], after)):
            yield from self._halved(part, self._encode(part), inner)


def _without_tokens(text: str) -> str:
    """Return a text with blanks in place of its tokens and numbers."""
    accelerator = find_accelerator(text)
    bare = accelerator.text if accelerator else text
    if tokens := table_tokens(bare):
        bare = blanked(bare, tokens)
    return blanked(bare, whole_numbers(bare)) if _DIGIT.search(bare) else bare


def _fit_gap(source: str, gap: str, target: str) -> str:
    if gap == "" and source[-1] in _FULL_WIDTH_END and target not in _NO_SENTENCE_SPACE:
        return " "
    if gap == " " and text_language(target) in _NO_SENTENCE_SPACE:
        return ""
    return gap
