"""Which engine `auto` chooses: by what is measured, by whom it is kept, and what is told of it."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from translator import DeviceError, Translator, TranslatorConfig
from translator.engines import (
    DecodedSegment,
    EncodedSegment,
    Engine,
    EngineChoice,
    OutOfMemoryError,
    autotune,
    build,
    gpu,
)
from translator.engines.autotune import Place, Speed, Way, choose, tokens_a_second
from translator.engines.ctranslate2 import splits, why_not_on_gpu
from translator.engines.inflight import build as inflight_build
from translator.engines.inflight.int8 import computes_int8
from translator.engines.replicas import replicas_worth_a_try
from translator.engines.trial import CPU_LOAD, GPU_LOAD, SENTENCES, Load, make_trial
from translator.models.checkpoints import Checkpoint

CARD = Place("NVIDIA H200", Load(sentences=6, at_a_time=3))


class Fake:
    """Decodes a token a step of every sentence; each ends after as many as its source has."""

    batches, splits = 1, 0

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.left: dict[int, int] = {}
        self.joined: list[int] = []  # how many were in hand when others came
        self.most = 0

    def submit(self, segments: Sequence[EncodedSegment]) -> None:
        self.joined.append(len(self.left))
        self.left |= {segment.key: len(segment.source_ids) for segment in segments}
        self.most = max(self.most, len(self.left))

    def step(self) -> list[DecodedSegment]:
        self.left = {key: left - 1 for key, left in self.left.items()}
        done = [key for key, left in self.left.items() if left == 0]
        self.left = {key: left for key, left in self.left.items() if left}
        return [DecodedSegment(key, [key]) for key in done]


class Full(Fake):
    """Has no memory for a sentence."""

    def step(self) -> list[DecodedSegment]:
        done, self.left = list(self.left), {}
        return [DecodedSegment(key, None) for key in done]


class Machine:
    """A card on which engines are fakes, whose speeds are given."""

    def __init__(self, cache: Path, bundled: Checkpoint, **rates: float) -> None:
        self.config = TranslatorConfig(cache=cache)
        self.bundled = bundled
        self.rates = rates
        self.fail: dict[str, Exception] = {}  # by name: what loading raises
        self.made: list[str] = []
        self.measured: list[str] = []

    def make(self, name: str) -> Engine:
        self.made.append(name)
        if name in self.fail:
            raise self.fail[name]
        return Fake(name)

    def measure(self, engine: Any, _: object) -> Speed:
        self.measured.append(engine.name)
        return Speed(loaded=self.rates[engine.name], alone=2.0)

    def choose(self, *names: str, place: Place = CARD, **left_out: str) -> EngineChoice:
        ways = [
            Way(name, name.partition(",")[0], "bfloat16", lambda name=name: self.make(name))
            for name in names
        ]
        tokenizer = self.bundled.tokenizer()
        engine, choice = choose(self.config, self.bundled, tokenizer, place, ways, left_out)
        assert engine.name.startswith(choice.name)  # type: ignore[attr-defined]
        return choice


MakeMachine = Callable[..., Machine]


@pytest.fixture
def machine(tmp_path: Path, bundled: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> MakeMachine:
    def make(**rates: float) -> Machine:
        machine = Machine(tmp_path, bundled, **rates)
        monkeypatch.setattr(autotune, "measure", machine.measure)
        return machine

    return make


def test_the_faster_is_chosen_and_the_reason_has_the_figures(machine: MakeMachine) -> None:
    here = machine(ctranslate2=1_657.0, inflight=4_012.0)
    assert here.choose("ctranslate2", "inflight") == EngineChoice(
        "inflight",
        "bfloat16",
        "fastest of 2 measured (tokens/s under load and alone): "
        "inflight 4,012 and 2; ctranslate2 1,657 and 2",
    )
    assert here.made == ["ctranslate2", "inflight"], "what was tried last need not be made again"
    here = machine(ctranslate2=5.0, inflight=4.0)
    assert here.choose("ctranslate2", "inflight").name == "inflight", "it was measured before"
    assert here.measured == []


def test_what_one_sentence_takes_counts_as_much_as_the_load() -> None:
    assert Speed(loaded=100, alone=30).score > Speed(loaded=200, alone=10).score


def test_only_what_was_not_tried_is_tried(machine: MakeMachine) -> None:
    here = machine(a=1.0, b=3.0, c=2.0)
    assert here.choose("a", "b").name == "b"
    assert here.choose("c", "a").name == "c"
    assert here.measured == ["a", "b", "c"]
    here.made.clear()
    assert here.choose("a", "b", "c").name == "b"
    assert here.made == ["b"]


def test_each_card_version_beams_and_model_is_measured_by_itself(
    machine: MakeMachine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = machine(ctranslate2=1.0, inflight=2.0)
    ways = "ctranslate2", "inflight"
    both = list(ways)
    here.choose(*ways)
    here.choose(*ways, place=replace(CARD, name="NVIDIA L4"))
    assert here.measured == both * 2
    here.config = replace(here.config, beams=1)
    here.choose(*ways)
    assert here.measured == both * 3
    monkeypatch.setattr(autotune, "version", lambda package: f"a new {package}")
    here.choose(*ways)
    assert here.measured == both * 4
    changed = tmp_path / "changed"
    changed.mkdir()
    for path in here.bundled.folder.iterdir():
        (changed / path.name).write_bytes(path.read_bytes())
    with (changed / "config.json").open("a") as file:
        file.write(" ")
    here.bundled = replace(here.bundled, folder=changed)
    here.choose(*ways)
    here.choose(*ways)
    assert here.measured == both * 5


@pytest.mark.parametrize(
    "error",
    [
        DeviceError("CTranslate2: Library libcublas.so.12 is not found"),
        torch.OutOfMemoryError("CUDA out of memory"),
        OutOfMemoryError("no memory"),
        OSError(28, "No space left on device"),
    ],
)
def test_what_does_not_load_is_left_out_with_the_reason(
    machine: MakeMachine, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    here = machine(inflight=2.0)
    here.fail["ctranslate2"] = error
    choice = here.choose("ctranslate2", "inflight")
    assert choice.name == "inflight"
    assert choice.reason.endswith(f"; not ctranslate2: {error}")
    assert f"ctranslate2 is left out: {error}" in caplog.messages


def test_what_loads_no_more_leaves_its_place_to_the_next(machine: MakeMachine) -> None:
    here = machine(ctranslate2=3.0, inflight=2.0)
    assert here.choose("ctranslate2", "inflight").name == "ctranslate2"
    here.fail["ctranslate2"] = torch.OutOfMemoryError("another tenant")
    choice = here.choose("ctranslate2", "inflight")
    assert (choice.name, here.measured) == ("inflight", ["ctranslate2", "inflight"])
    assert "not ctranslate2: another tenant" in choice.reason


def test_where_nothing_loads_the_worker_is_told_why(machine: MakeMachine) -> None:
    here = machine()
    here.fail = {"ctranslate2": DeviceError("no library"), "inflight": DeviceError("no memory")}
    with pytest.raises(DeviceError, match=r"not ctranslate2: no library; not inflight: no memory"):
        here.choose("ctranslate2", "inflight")


def test_a_mistake_is_not_taken_for_an_engine_that_does_not_load(machine: MakeMachine) -> None:
    here = machine(inflight=1.0)
    here.fail["ctranslate2"] = RuntimeError("shapes do not match")
    with pytest.raises(RuntimeError, match="shapes"):
        here.choose("ctranslate2", "inflight")


def test_where_nothing_can_be_kept_the_last_way_is_taken(
    machine: MakeMachine, caplog: pytest.LogCaptureFixture
) -> None:
    here = machine(ctranslate2=3.0, inflight=2.0)
    (here.config.cache / "speeds").write_text("no folder")
    choice = here.choose("ctranslate2", "inflight")
    assert choice.name == "inflight"
    assert choice.reason.startswith("not measured: [Errno 17] File exists")
    assert here.measured == []
    assert "cannot be kept" in caplog.text


def test_the_only_way_is_not_measured(machine: MakeMachine) -> None:
    here = machine()
    choice = here.choose("inflight", ctranslate2="it is not installed")
    assert choice.reason == "the only one that runs here; not ctranslate2: it is not installed"
    assert here.measured == []
    here.config = replace(here.config, engine="inflight")
    assert here.choose("inflight").reason == "asked for"


def test_sentences_are_mixed_and_the_same_each_time(bundled: Checkpoint) -> None:
    tokenizer = bundled.tokenizer()
    trial = make_trial(bundled, tokenizer, None, CPU_LOAD)
    lengths = [len(segment.source_ids) for segment in trial.stream[: len(SENTENCES)]]
    assert len(set(lengths)) >= 10
    assert max(lengths) > 8 * min(lengths)
    assert lengths != sorted(lengths)
    assert len(trial.stream) == CPU_LOAD.sentences
    assert trial == make_trial(bundled, tokenizer, None, CPU_LOAD)
    many = make_trial(bundled, tokenizer, 1, GPU_LOAD)
    assert len({segment.key for segment in many.stream}) == GPU_LOAD.sentences
    assert {segment.decoding.beams for segment in many.stream} == {1}


def test_sentences_of_a_small_vocabulary_keep_the_limit(bundled: Checkpoint) -> None:
    small = replace(bundled, generation={"max_length": 20})
    trial = make_trial(small, small.tokenizer(), None, CPU_LOAD)
    eos = small.tokenizer().eos
    for segment in trial.stream:
        assert len(segment.source_ids) <= small.segment_limit
        assert segment.source_ids.index(eos) == len(segment.source_ids) - 1
        assert segment.decoding.max_length <= small.max_length


def test_sentences_join_while_others_are_decoded(bundled: Checkpoint) -> None:
    engine = Fake()
    trial = make_trial(bundled, bundled.tokenizer(), None, CPU_LOAD)
    assert tokens_a_second(engine, trial.stream, trial.at_a_time) > 0
    assert engine.left == {}
    assert engine.most == CPU_LOAD.at_a_time
    first, *later = engine.joined
    assert first == 0
    assert len(later) > 1
    assert all(later), "others were in hand whenever one came"


def test_an_engine_without_memory_for_a_sentence_is_no_candidate(bundled: Checkpoint) -> None:
    trial = make_trial(bundled, bundled.tokenizer(), None, CPU_LOAD)
    with pytest.raises(OutOfMemoryError, match="too little memory"):
        autotune.measure(Full(), trial)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CUDA device that is not there; its engines are fakes."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA H200")
    monkeypatch.setattr(inflight_build, "build_inflight", lambda *_: Fake("inflight"))
    monkeypatch.setattr(gpu, "ctranslate2_on_gpu", lambda *_: Fake("ctranslate2"))


def chosen(bundled: Checkpoint, cache: Path, **values: Any) -> EngineChoice:
    config = TranslatorConfig(cache=cache, **{"device": "cuda:1", **values})
    _, choice = build.build_engine(config, bundled, bundled.tokenizer())
    return choice


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize("faster", ["inflight", "ctranslate2"])
def test_auto_on_cuda_measures_both(
    bundled: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faster: str
) -> None:
    rates = {"inflight": 2.0, "ctranslate2": 2.0} | {faster: 3.0}
    monkeypatch.setattr(autotune, "measure", lambda engine, _: Speed(rates[engine.name], 1.0))
    monkeypatch.setattr(gpu, "why_not_ctranslate2", lambda *_: None)
    choice = chosen(bundled, tmp_path)
    assert (choice.name, choice.dtype) == (faster, "bfloat16")
    assert choice.reason.startswith("fastest of 2 measured")
    (path,) = (tmp_path / "speeds").glob("*.json")
    assert path.name.endswith("-bfloat16-nvidia-h200.json")
    assert not torch.backends.cuda.cudnn_sdp_enabled()


@pytest.mark.usefixtures("card")
def test_auto_on_cuda_is_inflight_where_ctranslate2_cannot_compute(
    bundled: Checkpoint, tmp_path: Path
) -> None:
    """As here, where there is no driver: CTranslate2 itself says so."""
    choice = chosen(bundled, tmp_path)
    assert choice.name == "inflight"
    assert choice.reason.startswith("the only one that runs here; not ctranslate2: CUDA")
    assert list(tmp_path.iterdir()) == [], "nothing was converted or measured"


@pytest.mark.usefixtures("card")
def test_what_is_asked_for_on_cuda_is_not_measured(bundled: Checkpoint, tmp_path: Path) -> None:
    asked = chosen(bundled, tmp_path, engine="ctranslate2", dtype="float16")
    assert asked == EngineChoice("ctranslate2", "float16", "asked for")
    group = chosen(bundled, tmp_path, device="cuda:0+cuda:1")
    assert group.name == "inflight"
    assert group.reason == "the only one that spreads a model over devices"


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    types = {"float16"}
    monkeypatch.setattr("ctranslate2.get_supported_compute_types", lambda *_: types)
    assert why_not_on_gpu(0, "bfloat16") == "it does not compute in bfloat16 on this card"
    monkeypatch.setattr("translator.engines.ctranslate2._CUBLAS", "libcublas.so.0")
    assert "libcublas.so.0: cannot open shared object file" in (why_not_on_gpu(0, "float16") or "")
    monkeypatch.setattr("translator.engines.ctranslate2._CUBLAS", "libc.so.6")
    assert why_not_on_gpu(0, "float16") is None


def test_on_a_cpu_the_uses_of_the_cores_are_measured_once(cache: Path, bundled: Checkpoint) -> None:
    """The real engines; CTranslate2 alone needs no second trial."""
    cores = len(os.sched_getaffinity(0))
    ways = [f"ctranslate2, {s.replicas} x {s.threads} threads" for s in splits(cores)]
    if computes_int8():
        ways += [
            f"inflight, {replicas} on {cores} cores" for replicas in replicas_worth_a_try(cores)
        ]
    choice = Translator(TranslatorConfig(cache=cache)).engine
    assert choice.dtype == "int8"
    assert choice.reason.startswith(f"fastest of {len(ways)} measured")
    (path,) = (cache / "speeds").glob("*-int8-cpu.json")
    (known,) = json.loads(path.read_text()).values()
    assert sorted(known) == sorted(ways)
    assert min(min(figures.values()) for figures in known.values()) > 0
    before = path.stat().st_mtime_ns
    Translator(TranslatorConfig(cache=cache))
    asked = Translator(TranslatorConfig(cache=cache, engine="ctranslate2")).engine
    assert asked.reason.startswith("asked for; fastest of")
    assert path.stat().st_mtime_ns == before
