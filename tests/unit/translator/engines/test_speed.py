"""The sentences of a trial, and the measured speeds."""

from dataclasses import replace

import pytest

from tests.unit.translator.engines.fake_engine import FakeEngine, FullEngine
from translator.engines import OutOfMemoryError
from translator.engines.speed import Speed, measure_speed, tokens_per_second
from translator.engines.trial import CPU_TRIAL, GPU_TRIAL, SENTENCES, make_trial
from translator.models.checkpoints import Checkpoint


def test_the_speed_of_one_sentence_counts_as_much_as_throughput() -> None:
    assert Speed(loaded=100, alone=30).score > Speed(loaded=200, alone=10).score


def test_sentences_are_mixed_and_the_same_each_time(bundled: Checkpoint) -> None:
    tokenizer = bundled.tokenizer()
    trial = make_trial(bundled, tokenizer, None, CPU_TRIAL)
    lengths = [len(segment.source_ids) for segment in trial.stream[: len(SENTENCES)]]
    assert len(set(lengths)) >= 10
    assert max(lengths) > 8 * min(lengths)
    assert lengths != sorted(lengths)
    assert len(trial.stream) == CPU_TRIAL.sentences
    assert trial == make_trial(bundled, tokenizer, None, CPU_TRIAL)
    many = make_trial(bundled, tokenizer, 1, GPU_TRIAL)
    assert len({segment.key for segment in many.stream}) == GPU_TRIAL.sentences
    assert {segment.decoding.beams for segment in many.stream} == {1}


def test_sentences_of_a_small_vocabulary_keep_the_limit(bundled: Checkpoint) -> None:
    small = replace(bundled, generation={"max_length": 20})
    trial = make_trial(small, small.tokenizer(), None, CPU_TRIAL)
    eos = small.tokenizer().eos
    for segment in trial.stream:
        assert len(segment.source_ids) <= small.segment_limit
        assert segment.source_ids.index(eos) == len(segment.source_ids) - 1
        assert segment.decoding.max_length <= small.max_length


def test_sentences_join_while_others_are_decoded(bundled: Checkpoint) -> None:
    engine = FakeEngine()
    trial = make_trial(bundled, bundled.tokenizer(), None, CPU_TRIAL)
    assert tokens_per_second(engine, trial.stream, trial.concurrency) > 0
    assert engine.left == {}
    assert engine.most == CPU_TRIAL.concurrency
    first, *later = engine.joined
    assert first == 0
    assert len(later) > 1
    assert all(later), "others were in flight whenever one arrived"


def test_an_engine_without_memory_for_a_sentence_fails(bundled: Checkpoint) -> None:
    trial = make_trial(bundled, bundled.tokenizer(), None, CPU_TRIAL)
    with pytest.raises(OutOfMemoryError, match="too little memory"):
        measure_speed(FullEngine(), trial)
