"""Text work without an engine: what is to be decoded, and what becomes of the results."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from translator.engines import DecodedSegment, EncodedSegment
from translator.models.checkpoints import Checkpoint
from translator.models.pieces import SentencePieces
from translator.segment_batch import SegmentBatch, Translated
from translator.text_model import TextModel
from translator.verify.steps import TextOptions

OPTIONS = TextOptions("en", "de")


@pytest.fixture(scope="module")
def model(bundled: Checkpoint) -> TextModel:
    return TextModel.for_checkpoint(bundled, 1, thorough=False)


def decode_all(
    batch: SegmentBatch, answer: Callable[[EncodedSegment], DecodedSegment]
) -> tuple[list[Translated], int]:
    """Decode until nothing is left; return the results and the number of rounds."""
    rounds = 0
    finished = batch.take_finished()
    while encoded := batch.take_encoded():
        rounds += 1
        for segment in encoded:
            batch.accept(answer(segment))
        finished += batch.take_finished()
    assert batch.decoding == 0
    return finished, rounds


def answering(model: TextModel, text: str) -> Callable[[EncodedSegment], DecodedSegment]:
    ids = model.tokenizer.encode_pieces(text)
    return lambda segment: DecodedSegment(segment.key, ids)


def test_a_segment_is_encoded_once_and_accepted(model: TextModel) -> None:
    batch = SegmentBatch(model)
    (segment,) = model.segmenter.split("I am tired.", "en").segments
    batch.add_segment(7, segment, OPTIONS)
    (encoded,) = batch.take_encoded()
    assert encoded.source_ids == model.tokenizer.encode("I am tired.", "en")
    assert encoded.target_id == model.tokenizer.language_ids["de"]
    assert encoded.decoding == model.rules.decoding
    assert (batch.take_encoded(), batch.take_finished(), batch.decoding) == ([], [], 1)
    batch.accept(answering(model, "Ich bin müde.")(encoded))
    assert batch.take_finished() == [Translated(7, "Ich bin müde.")]
    assert (batch.take_encoded(), batch.take_finished(), batch.decoding) == ([], [], 0)


class Counting:
    """A SentencePiece processor that counts the calls."""

    def __init__(self, processor: Any) -> None:
        self._processor = processor
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.calls[name.partition("_")[0]] += 1
        return getattr(self._processor, name)


@pytest.mark.parametrize(
    ("text", "translation", "sentences"),
    [
        ("I am tired of all this.", "Ich habe das alles satt.", 1),
        ("He came late. Where is she now?", "Das ist hier schon lange so.", 2),
    ],
)
def test_a_sentence_passes_through_sentencepiece_once(
    model: TextModel,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    translation: str,
    sentences: int,
) -> None:
    """To be encoded, unless all of its words are known; pieces are joined without it."""
    answer = answering(model, translation)
    pieces = model.tokenizer._text
    assert isinstance(pieces, SentencePieces)
    processor = Counting(pieces._processor)
    monkeypatch.setattr(pieces, "_processor", processor)
    batch = SegmentBatch(model)
    for key in (1, 2):
        batch.add(key, model.segmenter.split(text, "en"), OPTIONS)
        decode_all(batch, answer)
        assert processor.calls == {"encode": sentences}


def test_texts_and_segments_are_joined_under_their_keys(model: TextModel) -> None:
    batch = SegmentBatch(model)
    split = model.segmenter.split
    batch.add(1, split("- I am here.\n\nYou are there. ", "en"), OPTIONS)
    batch.add(2, split(" \n", "en"), OPTIONS)
    batch.add_segment(3, split("We are all here now.", "en").segments[0], OPTIONS)
    finished, rounds = decode_all(batch, answering(model, "Es ist gut so."))
    assert rounds == 1
    assert {each.key: each.text for each in finished} == {
        1: "- Es ist gut so.\n\nEs ist gut so. ",
        2: " \n",
        3: "Es ist gut so.",
    }


def test_a_repair_is_another_round(model: TextModel) -> None:
    batch = SegmentBatch(model)
    batch.add(1, model.segmenter.split("See https://a.org/b and {name}.", "en"), OPTIONS)
    answers = iter(("Siehe.", "Siehe {2} und {1}."))

    def answer(segment: EncodedSegment) -> DecodedSegment:
        return answering(model, next(answers))(segment)

    finished, rounds = decode_all(batch, answer)
    assert (finished, rounds) == ([Translated(1, "Siehe {name} und https://a.org/b.")], 2)


def test_one_text_without_memory_leaves_the_others(model: TextModel) -> None:
    batch = SegmentBatch(model)
    for key in (1, 2):
        batch.add(key, model.segmenter.split("I am here. You are there.", "en"), OPTIONS)
    first, *others = batch.take_encoded()
    batch.accept(DecodedSegment(first.key, None))
    for segment in others:
        batch.accept(answering(model, "Es ist gut so.")(segment))
    failed, done = batch.take_finished()
    assert (failed.key, failed.text) == (1, None)
    assert "memory" in (failed.error or "")
    assert done == Translated(2, "Es ist gut so. Es ist gut so.")


def test_text_work_loads_no_model_library() -> None:
    script = (
        "import sys, translator.segment_batch, translator.wire;"
        "from translator.text_model import TextModel;"
        "from translator.models.checkpoints import resolve;"
        "TextModel.for_checkpoint(resolve('bundled'), None, thorough=True);"
        "assert not {'torch', 'transformers', 'ctranslate2'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
