"""The reference engine gives what `generate` gives, and the other engines agree with it."""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from sacrebleu import corpus_chrf
from transformers import M2M100ForConditionalGeneration, M2M100Tokenizer

from tests.agreement import nearly_equal
from tests.unit.translator.engines.samples import encoded_sample, sample
from translator import DeviceError, Translator, TranslatorConfig
from translator.engines import DecodedSegment, Decoding, EncodedSegment
from translator.engines.reference import ReferenceDecoder
from translator.models.checkpoints import BUNDLED_FOLDER, Checkpoint


@pytest.fixture(scope="module")
def expected(reference: Translator) -> list[str]:
    """The reference translations of half the sample."""
    return reference.batch(*half_of_sample())


def half_of_sample() -> tuple[list[str], list[str], list[str]]:
    """Return texts, sources and targets."""
    texts, sources, targets = map(list, zip(*sample()[::2], strict=True))
    return texts, sources, targets


def test_reference_gives_the_tokens_of_generate(bundled: Checkpoint) -> None:
    """Mixed languages and lengths in one batch, compared with `generate` on single sentences."""
    model = M2M100ForConditionalGeneration.from_pretrained(BUNDLED_FOLDER, dtype=torch.float32)
    model.eval()
    tokenizer, ours = M2M100Tokenizer.from_pretrained(BUNDLED_FOLDER), bundled.tokenizer()
    work = sample()[::4]
    batch = [
        EncodedSegment(
            key, ours.encode(text, source), ours.language_ids[target], Decoding.of(bundled)
        )
        for key, (text, source, target) in enumerate(work)
    ]
    decoded = ReferenceDecoder(model).decode(batch)
    found, expected = [], []
    for (text, source, target), result in zip(work, decoded, strict=True):
        tokenizer.src_lang = source
        expected += model.generate(
            **tokenizer(text, return_tensors="pt"),
            forced_bos_token_id=tokenizer.get_lang_id(target),
        ).tolist()
        end = [ours.eos] * result.complete
        found.append([ours.eos, ours.language_ids[target], *(result.ids or []), *end])
    assert nearly_equal(found, expected, 0.02)


def test_reference_gives_the_n_best_of_generate(bundled: Checkpoint) -> None:
    model = M2M100ForConditionalGeneration.from_pretrained(BUNDLED_FOLDER, dtype=torch.float32)
    model.eval()
    decoding = replace(Decoding.of(bundled), hypotheses=3, no_repeat_ngram=2)
    segments = encoded_sample(bundled, decoding)
    eos = bundled.tokenizer().eos
    found, expected = [], []
    for segment, result in zip(segments, ReferenceDecoder(model).decode(segments), strict=True):
        rows = model.generate(
            torch.tensor([segment.source_ids]),
            forced_bos_token_id=segment.target_id,
            num_return_sequences=3,
            no_repeat_ngram_size=2,
        ).tolist()
        expected.append([row[2 : [*row, eos].index(eos, 1)] for row in rows])
        found.append([result.ids, *result.alternatives])
    assert nearly_equal(found, expected)


def test_every_engine_gives_distinct_hypotheses_without_repeated_n_grams(
    bundled: Checkpoint, reference: Translator, int8: Translator
) -> None:
    inflight = Translator(TranslatorConfig(engine="inflight", dtype="float32"))
    decoding = replace(Decoding.of(bundled), hypotheses=3, no_repeat_ngram=2)
    results = []
    for translator in (reference, inflight, int8):
        engine, found = translator._engine, dict[int, DecodedSegment]()
        segments = encoded_sample(bundled, decoding)
        engine.submit(segments)
        while len(found) < len(segments):
            found |= {decoded.key: decoded for decoded in engine.step()}
        for decoded in found.values():
            sequences = [tuple(decoded.ids or ()), *map(tuple, decoded.alternatives)]
            assert len(set(sequences)) == len(sequences) == 3
            for sequence in sequences:
                pairs = list(itertools.pairwise(sequence))
                assert len(set(pairs)) == len(pairs)
        results.append(found)
    ours, theirs = ([found[segment.key] for segment in segments] for found in results[:2])
    assert nearly_equal(ours, theirs)


def test_ctranslate2_agrees_with_the_reference(
    expected: list[str], int8: Translator, cache: Path
) -> None:
    """In float32 nearly always (its beams end by other rules); in int8 the quality is similar."""
    texts, sources, targets = half_of_sample()
    config = TranslatorConfig(engine="ctranslate2", dtype="float32", cache=cache, threads=1)
    float32 = Translator(config)
    pairs = zip(expected, float32.batch(texts, sources, targets), strict=True)
    assert sum(one == other for one, other in pairs) / len(texts) >= 0.85
    quantised = int8.batch(texts, sources, targets)
    assert corpus_chrf(quantised, [expected]).score >= 70


def test_bfloat16_is_nearly_as_good(expected: list[str]) -> None:
    texts, sources, targets = half_of_sample()
    half = Translator(TranslatorConfig(engine="inflight", dtype="bfloat16"))
    assert corpus_chrf(half.batch(texts, sources, targets), [expected]).score >= 80


def test_a_group_of_devices_agrees_with_one(reference: Translator) -> None:
    group = Translator(TranslatorConfig(device="cpu:0+cpu:1", dtype="float32"))
    texts, sources, targets = map(list, zip(*sample()[::4], strict=True))
    expected = reference.batch(texts, sources, targets)
    assert nearly_equal(group.batch(texts, sources, targets), expected)
    with pytest.raises(DeviceError, match="only engine inflight"):
        Translator(TranslatorConfig(device="cpu:0+cpu:1", engine="reference"))
