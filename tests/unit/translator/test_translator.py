"""Text in, text out: order, layout, mixing, length."""

import subprocess
import sys

import pytest
import torch

from training.corpus import DIRECTIONS, read_references
from translator import Translator
from translator.engines import DecodedSegment, EncodedSegment

LONG = "I know that he knows that she knows that we know, " * 40 + "and that is all."


@pytest.fixture(params=["reference", "int8"])
def translator(request: pytest.FixtureRequest) -> Translator:
    result: Translator = request.getfixturevalue(request.param)
    return result


def test_a_batch_gives_what_its_texts_give_one_by_one(translator: Translator) -> None:
    references = read_references("test")
    work = [(t, *d) for d in DIRECTIONS for t in list(references[d])[:5]]
    together = translator.batch(*map(list, zip(*work, strict=True)))  # type: ignore[arg-type]
    assert together == [translator.translate(*item) for item in work]


def test_layout_and_blank_texts(translator: Translator) -> None:
    texts = ["", "  \n", "\n  Hello!\r\n\r\n\tThank you.  "]
    results = translator.batch(texts, ["en"] * 3, ["de"] * 3)
    assert results[:2] == texts[:2]
    assert results[2].startswith("\n  ")
    assert "\r\n\r\n\t" in results[2]
    assert results[2].endswith("  ")


def test_nothing_of_a_long_text_is_cut(translator: Translator) -> None:
    assert len(translator.checkpoint.tokenizer().encode(LONG, "en")) > 450
    result = translator.translate(LONG, "en", "de")
    assert len(result.split()) > 0.5 * len(LONG.split())


def test_submit_and_step_take_texts_while_others_are_under_way(int8: Translator) -> None:
    int8.submit(1, "Hello! How are you?", "en", "de")
    int8.submit(2, "", "en", "fr")
    results = {done.key: done.text for done in int8.step()}
    int8.submit(3, "Tom is happy.", "en", "nl")
    while len(results) < 3:
        results |= {done.key: done.text for done in int8.step()}
    assert results[1] == int8.translate("Hello! How are you?", "en", "de")
    assert results[2] == ""
    assert results[3] == int8.translate("Tom is happy.", "en", "nl")
    assert int8.step() == []


def test_batch_refuses_to_run_among_submitted_texts(int8: Translator) -> None:
    int8.submit(1, "Hello!", "en", "de")
    with pytest.raises(RuntimeError, match="unfinished"):
        int8.batch(["a"], ["en"], ["de"])
    with pytest.raises(ValueError, match="key 1"):
        int8.submit(1, "Hello!", "en", "de")
    while not int8.step():
        pass


def test_languages_the_model_lacks_are_refused(int8: Translator) -> None:
    with pytest.raises(ValueError, match="'ja'"):
        int8.batch(["a"], ["en"], ["ja"])
    assert int8.translate("Hello!", "EN", "de-AT") == int8.translate("Hello!", "en", "de")


class Incomplete:
    """An engine that echoes segments, but ends none of more than `limit` tokens."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.batches = 1
        self.splits = 0
        self.lengths: list[int] = []
        self._waiting: list[EncodedSegment] = []

    def submit(self, segments: list[EncodedSegment]) -> None:
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


def test_a_translation_that_does_not_end_is_done_again_in_halves(
    int8: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Incomplete(30)
    monkeypatch.setattr(int8, "_engine", engine)
    text = "one two three four five, six seven eight nine ten, " * 4 + "and that is all there is"
    assert int8.translate(text, "en", "de") == text
    assert engine.lengths[0] > 30 >= engine.lengths[-1]


def test_too_little_memory_for_one_segment_is_an_error_of_that_text(
    int8: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(int8, "_engine", Incomplete(None))
    int8.submit(7, "Hello! How are you?", "en", "de")
    (result,) = int8.step()
    assert (result.key, result.text) == (7, None)
    assert "memory" in (result.error or "")
    with pytest.raises(MemoryError):
        int8.translate("Hello!", "en", "de")
    assert int8.step() == []


def test_importing_the_package_loads_no_model_library() -> None:
    script = "import translator, translator.checkpoints, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_trial_tells_how_many_bytes_the_formula_misses(
    int8: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = 16 * int8.checkpoint.bytes_per_segment(28, None, "auto")
    for used, scale in ((3 * counted, 3.0), (counted // 9, 1.0)):
        monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 1_000)
        monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda _: None)
        monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda _, used=used: 1_000 + used)
        assert int8._try_memory("en", "de") == pytest.approx(scale, rel=0.1)
