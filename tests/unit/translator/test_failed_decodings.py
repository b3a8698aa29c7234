"""Decodings that lose tokens, repeat themselves, do not end or run out of memory."""

from collections.abc import Sequence

import pytest

from tests.unit.translator.submitting import translated
from translator import Translator
from translator.engines import DecodedSegment, EncodedSegment
from translator.verify.quality import EMPTY, PARTS, REPETITION
from translator.verify.quality import UNCHANGED as KEPT


class ScriptedEngine:
    """A fake engine with given translations; records the segments."""

    batches, splits = 1, 0

    def __init__(self, translator: Translator, *translations: str) -> None:
        self._encode = translator.checkpoint.tokenizer().encode_pieces
        self._translations = list(translations)
        self._waiting: list[EncodedSegment] = []
        self.segments: list[EncodedSegment] = []

    def submit(self, segments: Sequence[EncodedSegment]) -> None:
        self._waiting += segments

    def step(self) -> list[DecodedSegment]:
        segments, self._waiting = self._waiting, []
        self.segments += segments
        return [DecodedSegment(s.key, self._encode(self._translations.pop(0))) for s in segments]


@pytest.mark.parametrize(
    ("text", "translations", "expected", "warnings"),
    [
        ("I am tired.", ["Ich bin müde."], "Ich bin müde.", ()),
        ("I am tired.", ["", ""], "I am tired.", (EMPTY,)),
        ("I am tired.", ["so " * 9, "Ich bin müde."], "Ich bin müde.", ()),
        ("I am tired.", ["so " * 7, "so " * 8], "so so so so so so so", (REPETITION,)),
        ("See {x} and 1987 now.", ["Da.", "Da: {1}, {2}."], "Da: {x}, 1987.", ()),
        ("See {x} and 19 now.", ["Da.", "Da", "Da", "und", "jt"], "Da {x} und 19 jt.", (PARTS,)),
        ("See {x} or 198 now.", ["Da", "Da", "Da", "9", "jt"], "Da {x} or 198 jt.", (KEPT, PARTS)),
    ],
)  # fmt: skip
def test_problems_are_retried_then_reported(
    int8: Translator,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    translations: list[str],
    expected: str,
    warnings: tuple[str, ...],
) -> None:
    engine = ScriptedEngine(int8, *translations)
    monkeypatch.setattr(int8, "_engine", engine)
    (result,) = translated(int8, [text])
    assert (result.text, result.warnings) == (expected, warnings)
    assert len(engine.segments) == len(translations)


def test_a_text_has_the_warnings_of_all_sentences(
    int8: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = "so " * 9
    monkeypatch.setattr(int8, "_engine", ScriptedEngine(int8, "Ja.", loop, loop))
    (result,) = translated(int8, ["Yes. I am tired."])
    assert result.warnings == (REPETITION,)
    assert (result.text or "").startswith("Ja. so so")


class IncompleteEngine:
    """Copies segments, ends none of more than `limit` tokens; None: has no memory."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.batches = 1
        self.splits = 0
        self.lengths: list[int] = []
        self._waiting: list[EncodedSegment] = []

    def submit(self, segments: Sequence[EncodedSegment]) -> None:
        self._waiting += segments

    def step(self) -> list[DecodedSegment]:
        done, self._waiting = self._waiting, []
        return [self._decode(segment) for segment in done]

    def _decode(self, segment: EncodedSegment) -> DecodedSegment:
        self.lengths.append(len(segment.source_ids))
        if self.limit is None:
            return DecodedSegment(segment.key, None)
        complete = len(segment.source_ids) <= self.limit
        return DecodedSegment(segment.key, segment.source_ids[1:-1], complete)


def test_a_translation_that_does_not_end_is_repeated_in_halves(
    int8: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = IncompleteEngine(30)
    monkeypatch.setattr(int8, "_engine", engine)
    text = "one two three four five, six seven eight nine ten, " * 4 + "and that is all there is"
    assert int8.translate(text, "en", "de") == text
    assert engine.lengths[0] > 30 >= engine.lengths[-1]


def test_too_little_memory_for_one_segment_is_an_error_of_that_text(
    int8: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(int8, "_engine", IncompleteEngine(None))
    int8.submit(7, "Hello! How are you?", "en", "de")
    (result,) = int8.step()
    assert (result.key, result.text) == (7, None)
    assert "memory" in (result.error or "")
    with pytest.raises(MemoryError):
        int8.translate("Hello!", "en", "de")
    assert int8.step() == []
