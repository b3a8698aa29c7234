"""Batches, memory, conversion, and the engines beside `generate` itself."""

import itertools
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event, Timer

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu import corpus_chrf
from transformers import M2M100ForConditionalGeneration, M2M100Tokenizer

from tests.agreement import nearly_equal
from training.corpus import DIRECTIONS, read_references
from translator import DeviceError, Translator, TranslatorConfig
from translator.engines import (
    DecodedSegment,
    Decoding,
    EncodedSegment,
    OutOfMemoryError,
    build,
    running_batches,
    static,
)
from translator.engines.conversion import cache_entry
from translator.engines.ctranslate2 import splits
from translator.engines.inflight import build as inflight_build
from translator.engines.reference import ReferenceDecoder
from translator.engines.replicas import replicas_worth_a_try
from translator.engines.static import StaticEngine, select_batch
from translator.models.checkpoints import BUNDLED_FOLDER, Checkpoint

LENGTHS = st.lists(st.integers(2, 60), min_size=1, max_size=40)
PER_DIRECTION = 6
GREEDY = Decoding(beams=1, max_length=200)


def encoded(lengths: Sequence[int]) -> list[EncodedSegment]:
    return [EncodedSegment(key, [5] * length, 9, GREEDY) for key, length in enumerate(lengths)]


def sample() -> list[tuple[str, str, str]]:
    """Sentences of all directions: `(text, source, target)`."""
    references = read_references("test")
    return [
        (text, source, target)
        for source, target in DIRECTIONS
        for text in list(references[source, target])[-PER_DIRECTION:]
    ]


@given(LENGTHS, st.integers(10, 200))
def test_batches_keep_the_budget_and_start_from_the_oldest(lengths: list[int], budget: int) -> None:
    waiting = encoded(lengths)
    batch = select_batch(waiting, budget)
    assert 0 in [segment.key for segment in batch]
    longest = max(len(segment.source_ids) for segment in batch)
    assert len(batch) == 1 or len(batch) * longest <= budget


def test_a_batch_holds_what_is_decoded_alike_and_counts_its_beams() -> None:
    wide = Decoding(beams=4, max_length=200)
    waiting = [EncodedSegment(key, [5] * 10, 9, wide if key % 2 else GREEDY) for key in range(40)]
    assert [s.key for s in select_batch(waiting, 80)] == list(range(0, 16, 2))
    assert [s.key for s in select_batch(waiting[1:], 80)] == [1, 3]


class SmallMemory:
    """Decodes batches of at most `limit` tokens, and takes note of their sizes."""

    replicas = 1

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.sizes: list[int] = []

    def decode(self, batch: Sequence[EncodedSegment]) -> list[DecodedSegment]:
        if sum(len(segment.source_ids) for segment in batch) > self.limit:
            raise OutOfMemoryError
        self.sizes.append(len(batch))
        return [DecodedSegment(segment.key, segment.source_ids) for segment in batch]


@given(LENGTHS)
def test_every_segment_is_decoded_once_however_small_the_memory(lengths: list[int]) -> None:
    decoder = SmallMemory(limit=40)
    engine = StaticEngine(decoder, batch_tokens=500)
    engine.submit(encoded(lengths))
    results = []
    while step := engine.step():
        results += step
    assert sorted(result.key for result in results) == list(range(len(lengths)))
    for result in results:
        too_large = lengths[result.key] > decoder.limit
        assert (result.ids is None) == too_large
        assert too_large or len(result.ids or []) == lengths[result.key]


def test_a_batch_that_does_not_fit_is_halved() -> None:
    decoder = SmallMemory(limit=40)
    engine = StaticEngine(decoder, batch_tokens=80)
    engine.submit(encoded([10] * 8))
    assert len(engine.step()) == 8
    assert decoder.sizes == [4, 4]
    assert engine.splits == 1


class Gated:
    """Decodes what it is told to; the rest waits."""

    def __init__(self, replicas: int) -> None:
        self.replicas = replicas
        self.sizes: list[int] = []
        self.gates: dict[int, Event] = {}  # by key of a segment

    def decode(self, batch: Sequence[EncodedSegment]) -> list[DecodedSegment]:
        self.sizes.append(len(batch))
        for segment in batch:
            if segment.key in self.gates:
                assert self.gates[segment.key].wait(20)
        return [DecodedSegment(segment.key, segment.source_ids) for segment in batch]


def test_idle_replicas_share_what_is_waiting() -> None:
    decoder = Gated(replicas=2)
    engine = StaticEngine(decoder, batch_tokens=1_000)
    engine.submit(encoded([10] * 8))
    assert len(engine.step() + engine.step()) == 8
    assert decoder.sizes == [4, 4]


def test_work_that_comes_while_a_replica_is_idle_is_begun_at_once() -> None:
    decoder = Gated(replicas=2)
    engine = StaticEngine(decoder, batch_tokens=1_000)
    first, second = encoded([10, 10])
    gate = decoder.gates[first.key] = Event()
    engine.submit([first])
    assert engine.step() == []  # it does not wait for the first: the second may come
    engine.submit([second])
    finished: list[DecodedSegment] = []
    while not finished:
        finished = engine.step()
    assert [decoded.key for decoded in finished] == [second.key]
    gate.set()
    while finished[-1].key != first.key:
        finished += engine.step()


def test_a_full_batch_is_ready_behind_the_running_ones_and_a_small_one_may_grow() -> None:
    decoder = Gated(replicas=1)
    engine = StaticEngine(decoder, batch_tokens=40)
    gates = decoder.gates[0], decoder.gates[4] = Event(), Event()
    segments = encoded([10] * 11)
    engine.submit(segments[:10])  # two full batches, and two segments more
    gates[0].set()
    assert len(engine.step()) == 4
    engine.submit(segments[10:])
    gates[1].set()
    assert len(engine.step()) == 4
    assert len(engine.step()) == 3


def test_after_a_long_batch_the_next_one_waits_a_moment_for_company(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(static, "_COMPANY_SHARE", 1.0)
    decoder = Gated(replicas=1)
    engine = StaticEngine(decoder, batch_tokens=1_000)
    first, second, third = encoded([10, 10, 10])
    gate = decoder.gates[first.key] = Event()
    engine.submit([first])
    Timer(0.1, gate.set).start()
    assert len(engine.step()) == 1
    engine.submit([second])
    assert engine.step() == []
    engine.submit([third])
    while not engine.step():
        pass
    assert decoder.sizes == [1, 2]


def test_a_batch_that_lasts_too_long_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the worker would go on showing heartbeats beside a replica that hangs."""
    monkeypatch.setattr(running_batches, "PATIENCE", 0.05)
    decoder = Gated(replicas=2)
    engine = StaticEngine(decoder, batch_tokens=40)
    gate = decoder.gates[0] = Event()
    engine.submit(encoded([10]))
    begun = time.monotonic()
    Timer(0.4, gate.set).start()
    while not engine.step():
        assert time.monotonic() - begun < 0.2, "step() came back empty-handed too late"


def test_ways_to_split_the_cores() -> None:
    assert [split.threads for split in splits(6)] == [1, 2, 4]
    assert [split.replicas for split in splits(6)] == [6, 3, 1]
    assert [replicas_worth_a_try(cores) for cores in (1, 3, 4, 8, 64)] == [
        [1], [1], [1, 2], [1, 2, 4], [1, 2, 4, 8],
    ]  # fmt: skip


def test_reference_gives_what_generate_gives_token_by_token(bundled: Checkpoint) -> None:
    """Mixed languages and lengths in one batch, against `generate` one sentence at a time."""
    model = M2M100ForConditionalGeneration.from_pretrained(BUNDLED_FOLDER, dtype=torch.float32)
    model.eval()
    tokenizer, ours = M2M100Tokenizer.from_pretrained(BUNDLED_FOLDER), bundled.tokenizer()
    work = sample()
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


def asked(bundled: Checkpoint, decoding: Decoding) -> list[EncodedSegment]:
    """Return sentences of all directions, to be decoded so."""
    tokenizer = bundled.tokenizer()
    return [
        EncodedSegment(
            key, tokenizer.encode(text, source), tokenizer.language_ids[target], decoding
        )
        for key, (text, source, target) in enumerate(sample()[::4])
    ]


def test_reference_gives_the_n_best_of_generate(bundled: Checkpoint) -> None:
    model = M2M100ForConditionalGeneration.from_pretrained(BUNDLED_FOLDER, dtype=torch.float32)
    model.eval()
    wish = replace(Decoding.of(bundled), hypotheses=3, no_repeat_ngram=2)
    segments = asked(bundled, wish)
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


def test_every_engine_gives_different_hypotheses_and_no_n_gram_twice(
    bundled: Checkpoint, reference: Translator, int8: Translator
) -> None:
    inflight = Translator(TranslatorConfig(engine="inflight", dtype="float32"))
    wish = replace(Decoding.of(bundled), hypotheses=3, no_repeat_ngram=2)
    results = []
    for translator in (reference, inflight, int8):
        engine, found = translator._engine, dict[int, DecodedSegment]()
        segments = asked(bundled, wish)
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
    assert nearly_equal(*([found[segment.key] for segment in segments] for found in results[:2]))


def test_ctranslate2_agrees_with_the_reference(
    reference: Translator, int8: Translator, cache: Path
) -> None:
    """In float32 nearly always (it ends its beams by other rules); in int8 it is as good."""
    texts, sources, targets = map(list, zip(*sample(), strict=True))
    expected = reference.batch(texts, sources, targets)
    float32 = Translator(TranslatorConfig(engine="ctranslate2", dtype="float32", cache=cache))
    pairs = zip(expected, float32.batch(texts, sources, targets), strict=True)
    assert sum(one == other for one, other in pairs) / len(texts) >= 0.85
    quantised = int8.batch(texts, sources, targets)
    assert corpus_chrf(quantised, [expected]).score >= 70


def test_the_conversion_is_cached_by_content(
    bundled: Checkpoint, cache: Path, int8: Translator, tmp_path: Path
) -> None:
    folders = sorted(path.name for path in (cache / "ctranslate2").iterdir() if path.is_dir())
    entry = cache_entry(bundled, "int8", cache)
    assert entry.name in folders
    changed = tmp_path / "changed"
    changed.mkdir()
    for path in bundled.folder.iterdir():
        (changed / path.name).write_bytes(path.read_bytes())
    same = Checkpoint("same", changed, bundled.config, bundled.generation)
    assert cache_entry(same, "int8", cache) == entry
    (changed / "config.json").write_text((changed / "config.json").read_text() + " ")
    assert cache_entry(same, "int8", cache) != entry


def test_two_processes_convert_once(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from translator import Translator, TranslatorConfig;"
        "t = Translator(TranslatorConfig(cache=Path(sys.argv[1])));"
        "print(t.translate('Good morning.', 'en', 'fr'))"
    )
    command = [sys.executable, "-W", "ignore", "-c", script, str(tmp_path)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert outputs[0] == outputs[1] != ""
    assert len([path for path in (tmp_path / "ctranslate2").iterdir() if path.is_dir()]) == 1


def test_a_cpu_without_ctranslate2_computes_in_the_fastest_dtype_that_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert build.default_engine("cpu:1") == "ctranslate2"
    monkeypatch.setattr(build, "find_spec", lambda _: None)
    assert build.default_engine("cpu:1") == "inflight"
    for int8, bfloat16, dtype in (
        (True, True, "int8"),
        (False, True, "bfloat16"),
        (False, False, "float32"),
    ):
        monkeypatch.setattr(build, "computes_int8", lambda able=int8: able)
        monkeypatch.setattr(build, "computes_bfloat16", lambda able=bfloat16: able)
        assert build.best_dtype("cpu:1", "inflight") == dtype


def test_int8_is_refused_where_it_would_lose_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflight_build, "computes_int8", lambda: False)
    with pytest.raises(DeviceError, match="AVX-512 VNNI"):
        Translator(TranslatorConfig(engine="inflight", dtype="int8"))


def test_bfloat16_is_nearly_as_good(reference: Translator) -> None:
    texts, sources, targets = map(list, zip(*sample(), strict=True))
    half = Translator(TranslatorConfig(engine="inflight", dtype="bfloat16"))
    expected = reference.batch(texts, sources, targets)
    assert corpus_chrf(half.batch(texts, sources, targets), [expected]).score >= 80


def test_a_group_of_devices_gives_what_one_gives(reference: Translator) -> None:
    group = Translator(TranslatorConfig(device="cpu:0+cpu:1", dtype="float32"))
    texts, sources, targets = map(list, zip(*sample()[::4], strict=True))
    expected = reference.batch(texts, sources, targets)
    assert nearly_equal(group.batch(texts, sources, targets), expected)
    with pytest.raises(DeviceError, match="only engine inflight"):
        Translator(TranslatorConfig(device="cpu:0+cpu:1", engine="reference"))


@pytest.mark.parametrize(
    "device", ["cuda:99", "gpu", "cuda:x", "cpu0", "cpu:0+cuda:0", "cpu:1+cpu:1", "cuda:98+cuda:99"]
)
def test_devices_that_are_not_there(device: str) -> None:
    with pytest.raises(DeviceError, match=re.escape(device)):
        Translator(TranslatorConfig(device=device))


@pytest.mark.parametrize(
    ("field", "value"), [("dtype", "float8"), ("engine", "magic"), ("beams", 0)]
)
def test_a_value_that_nothing_knows_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        TranslatorConfig(**{field: value})  # type: ignore[arg-type]


def test_values_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(ValueError, match="int8 needs engine ctranslate2 or inflight"):
        TranslatorConfig(engine="reference", dtype="int8")
