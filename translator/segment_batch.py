"""class SegmentBatch: the text work around decoding, without an engine."""

import itertools
from typing import NamedTuple

from translator.engines import DecodedSegment, EncodedSegment
from translator.pending import PendingSegment, PendingText
from translator.text.segmentation import SegmentedText, TextSegment
from translator.text_model import TextModel
from translator.verify.recovery import Recovery
from translator.verify.steps import Decode, Halve, Outcome, Split, Step, TextOptions

# A translation that did not end although it is this many times as long as its source is a loop;
# halving the source would only produce more loops.
_LOOP_RATIO = 8


class Translated(NamedTuple):
    """The result of an added text or segment: its translation, or an error."""

    key: int
    text: str | None
    error: str | None = None
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


class SegmentBatch:
    """Texts on their way to an engine and back. Not thread-safe.

    `add` texts, decode what `take_encoded` returns and `accept` the results, until nothing is left
    to decode: a result may show that more must be decoded. Languages in options are the model's.
    """

    def __init__(self, model: TextModel) -> None:
        """`model` may be shared with other batches."""
        self._model = model
        self._keys = itertools.count()
        self._decoding: dict[int, PendingSegment] = {}  # by the key of the encoded segment
        self._encoded: list[EncodedSegment] = []
        self._finished: list[Translated] = []

    @property
    def decoding(self) -> int:
        """Encoded segments, taken or not, whose results have not been accepted yet."""
        return len(self._decoding)

    def add(self, key: int, document: SegmentedText, options: TextOptions) -> None:
        """Add a text, of which `key` will mark the result; no unfinished text has this key."""
        self._start(PendingText(document, options, key))

    def add_segment(self, key: int, segment: TextSegment, options: TextOptions) -> None:
        """Add one segment of a text, as `add` does."""
        self.add(key, SegmentedText((segment,), ("", "")), options)

    def take_encoded(self) -> list[EncodedSegment]:
        """Return the segments to decode since the last call; their keys are the batch's own."""
        encoded, self._encoded = self._encoded, []
        return encoded

    def accept(self, decoded: DecodedSegment) -> None:
        """Take a result: it finishes a text, or more is to be decoded, or others are awaited."""
        segment = self._decoding.pop(decoded.key)
        if not decoded.complete and segment.recovery.decodings == 1 and self._halve(segment):
            return
        if decoded.ids is None and not segment.recovery.has_candidate:
            segment.text.error = "the device has too little memory for this text"
            self._complete(segment, Outcome(""))
            return
        found = [] if decoded.ids is None else [decoded.ids, *decoded.alternatives]
        hypotheses = [self._model.tokenizer.decode(ids) for ids in found]
        self._take(segment, segment.recovery.next_step(hypotheses))

    def text_key(self, key: int) -> int:
        """Return the key of the text that an encoded segment is a part of."""
        text = self._decoding[key].text
        while text.key is None:
            assert text.parent is not None, "a text has a key or a parent"
            text = text.parent.text
        return text.key

    def take_finished(self) -> list[Translated]:
        """Return the results since the last call."""
        finished, self._finished = self._finished, []
        return finished

    def _start(self, text: PendingText, *, final: bool = False) -> None:
        """Start decoding all segments of a text."""
        for index, source in enumerate(text.document.segments):
            known = self._model.tokenizer.are_known(source.ids)
            recovery = Recovery(
                self._model.rules,
                source.text,
                text.options,
                final=final,
                known=known,
                plain=source.plain,
            )
            self._take(PendingSegment(text, index, recovery), recovery.first_step())
        if not text.document.segments:
            self._finish(text)

    def _take(self, segment: PendingSegment, step: Step) -> None:
        """Take the next step of a segment."""
        options = segment.text.options
        if isinstance(step, Outcome):
            self._complete(segment, step)
        elif isinstance(step, Split):
            parts = self._model.segmenter.around(step.text, step.replacements)
            self._start(PendingText(parts, options, parent=segment), final=True)
        elif isinstance(step, Halve):
            halves = self._model.segmenter.halve(step.text)
            assert halves is not None, "it has many words"
            self._start(PendingText(halves, options, parent=segment), final=True)
        else:
            key = next(self._keys)
            self._decoding[key] = segment
            self._encoded.append(self._encode(key, segment.source, step, options))

    def _encode(
        self, key: int, source: TextSegment, step: Decode, options: TextOptions
    ) -> EncodedSegment:
        """Return the model's input; its pieces are those of the segment if it is the same text."""
        tokenizer = self._model.tokenizer
        pieces = source.ids if step.text == source.text else tokenizer.encode_pieces(step.text)
        source_ids = tokenizer.around(pieces, options.source, options.target)
        return EncodedSegment(key, source_ids, tokenizer.forced_id(options.target), step.decoding)

    def _halve(self, segment: PendingSegment) -> bool:
        """Translate a segment in two halves; return False if that would not help."""
        source = segment.source
        if source.tokens * _LOOP_RATIO <= self._model.max_length:
            return False
        halves = self._model.segmenter.halve(source.text)
        if halves is None:
            return False
        self._start(PendingText(halves, segment.text.options, parent=segment))
        return True

    def _complete(self, segment: PendingSegment, outcome: Outcome) -> None:
        segment.text.add(segment.index, outcome)
        if segment.text.unfinished == 0:
            self._finish(segment.text)

    def _finish(self, text: PendingText) -> None:
        joined = text.joined()
        if text.parent is not None:
            text.parent.text.error = text.parent.text.error or text.error
            self._complete(text.parent, text.parent.recovery.join(joined, len(text.outcomes)))
        elif text.key is not None:
            self._finished.append(_translated(text.key, text.error, joined))


def _translated(key: int, error: str | None, outcome: Outcome) -> Translated:
    if error:
        return Translated(key, None, error)
    return Translated(key, outcome.text, None, outcome.warnings, outcome.alternatives)
