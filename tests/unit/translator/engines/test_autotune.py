"""Autotuning: candidates are measured once, the fastest is chosen, failures are skipped."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from tests.unit.translator.engines.fake_engine import FakeEngine
from translator import DeviceError, TranslatorConfig
from translator.engines import Engine, EngineChoice, OutOfMemoryError, autotune
from translator.engines.autotune import Candidate, DeviceClass
from translator.engines.speed import Speed
from translator.engines.trial import Trial, TrialSize
from translator.models.checkpoints import Checkpoint

CARD = DeviceClass("NVIDIA H200", TrialSize(sentences=6, concurrency=3))


class Machine:
    """A card with fake engines of given speeds."""

    def __init__(self, cache: Path, bundled: Checkpoint, **rates: float) -> None:
        self.config = TranslatorConfig(cache=cache)
        self.bundled = bundled
        self.rates = rates
        self.fail: dict[str, Exception] = {}  # by name: what loading raises
        self.loaded: list[str] = []
        self.measured: list[str] = []

    def make(self, name: str) -> Engine:
        self.loaded.append(name)
        if name in self.fail:
            raise self.fail[name]
        return FakeEngine(name)

    def measure(self, engine: Engine, _: Trial) -> Speed:
        assert isinstance(engine, FakeEngine)
        self.measured.append(engine.name)
        return Speed(loaded=self.rates[engine.name], alone=2.0)

    def autotune(
        self, *names: str, device_class: DeviceClass = CARD, **skipped: str
    ) -> EngineChoice:
        candidates = [
            Candidate(name, name.partition(",")[0], "bfloat16", partial(self.make, name))
            for name in names
        ]
        tokenizer = self.bundled.tokenizer()
        engine, choice = autotune.autotune(
            self.config, self.bundled, tokenizer, device_class, candidates, skipped
        )
        assert isinstance(engine, FakeEngine)
        assert engine.name.startswith(choice.name)
        return choice


MakeMachine = Callable[..., Machine]


@pytest.fixture
def machine(tmp_path: Path, bundled: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> MakeMachine:
    def make(**rates: float) -> Machine:
        machine = Machine(tmp_path, bundled, **rates)
        monkeypatch.setattr(autotune, "measure_speed", machine.measure)
        return machine

    return make


def test_the_faster_is_chosen_and_the_reason_has_the_figures(machine: MakeMachine) -> None:
    here = machine(ctranslate2=1_657.0, inflight=4_012.0)
    assert here.autotune("ctranslate2", "inflight") == EngineChoice(
        "inflight",
        "bfloat16",
        "fastest of 2 measured (tokens/s under load and alone): "
        "inflight 4,012 and 2; ctranslate2 1,657 and 2",
    )
    assert here.loaded == ["ctranslate2", "inflight"], "the last one need not be loaded again"
    here = machine(ctranslate2=5.0, inflight=4.0)
    assert here.autotune("ctranslate2", "inflight").name == "inflight", "it was measured before"
    assert here.measured == []


def test_only_new_candidates_are_measured(machine: MakeMachine) -> None:
    here = machine(a=1.0, b=3.0, c=2.0)
    assert here.autotune("a", "b").name == "b"
    assert here.autotune("c", "a").name == "c"
    assert here.measured == ["a", "b", "c"]
    here.loaded.clear()
    assert here.autotune("a", "b", "c").name == "b"
    assert here.loaded == ["b"]


def test_each_card_version_beam_width_and_model_is_measured_separately(
    machine: MakeMachine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = machine(ctranslate2=1.0, inflight=2.0)
    both = ["ctranslate2", "inflight"]
    here.autotune(*both)
    here.autotune(*both, device_class=replace(CARD, name="NVIDIA L4"))
    assert here.measured == both * 2
    here.config = replace(here.config, beams=1)
    here.autotune(*both)
    assert here.measured == both * 3
    monkeypatch.setattr(autotune, "version", lambda package: f"a new {package}")
    here.autotune(*both)
    assert here.measured == both * 4
    changed = tmp_path / "changed"
    changed.mkdir()
    for path in here.bundled.folder.iterdir():
        (changed / path.name).write_bytes(path.read_bytes())
    with (changed / "config.json").open("a") as file:
        file.write(" ")
    here.bundled = replace(here.bundled, folder=changed)
    here.autotune(*both)
    here.autotune(*both)
    assert here.measured == both * 5
    here.config = replace(here.config, target_scripts=True)
    here.autotune(*both)
    assert here.measured == both * 6


@pytest.mark.parametrize(
    "error",
    [
        DeviceError("CTranslate2: Library libcublas.so.12 is not found"),
        torch.OutOfMemoryError("CUDA out of memory"),
        OutOfMemoryError("no memory"),
        OSError(28, "No space left on device"),
    ],
)
def test_a_candidate_that_does_not_load_is_skipped_with_the_reason(
    machine: MakeMachine, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    here = machine(inflight=2.0)
    here.fail["ctranslate2"] = error
    choice = here.autotune("ctranslate2", "inflight")
    assert choice.name == "inflight"
    assert choice.reason.endswith(f"; not ctranslate2: {error}")
    assert f"ctranslate2 is skipped: {error}" in caplog.messages


def test_if_the_fastest_no_longer_loads_the_next_one_is_chosen(machine: MakeMachine) -> None:
    here = machine(ctranslate2=3.0, inflight=2.0)
    assert here.autotune("ctranslate2", "inflight").name == "ctranslate2"
    here.fail["ctranslate2"] = torch.OutOfMemoryError("another tenant")
    choice = here.autotune("ctranslate2", "inflight")
    assert (choice.name, here.measured) == ("inflight", ["ctranslate2", "inflight"])
    assert "not ctranslate2: another tenant" in choice.reason


def test_if_nothing_loads_the_error_has_all_reasons(machine: MakeMachine) -> None:
    here = machine()
    here.fail = {"ctranslate2": DeviceError("no library"), "inflight": DeviceError("no memory")}
    with pytest.raises(DeviceError, match=r"not ctranslate2: no library; not inflight: no memory"):
        here.autotune("ctranslate2", "inflight")


def test_a_bug_does_not_count_as_a_candidate_that_does_not_load(machine: MakeMachine) -> None:
    here = machine(inflight=1.0)
    here.fail["ctranslate2"] = RuntimeError("shapes do not match")
    with pytest.raises(RuntimeError, match="shapes"):
        here.autotune("ctranslate2", "inflight")


def test_if_nothing_can_be_saved_the_last_candidate_is_chosen(
    machine: MakeMachine, caplog: pytest.LogCaptureFixture
) -> None:
    here = machine(ctranslate2=3.0, inflight=2.0)
    (here.config.cache / "speeds").write_text("no folder")
    choice = here.autotune("ctranslate2", "inflight")
    assert choice.name == "inflight"
    assert choice.reason.startswith("not measured: [Errno 17] File exists")
    assert here.measured == []
    assert "cannot be saved" in caplog.text


def test_a_single_candidate_is_not_measured(machine: MakeMachine) -> None:
    here = machine()
    choice = here.autotune("inflight", ctranslate2="it is not installed")
    assert choice.reason == "the only one that runs here; not ctranslate2: it is not installed"
    assert here.measured == []
    here.config = replace(here.config, engine="inflight")
    assert here.autotune("inflight").reason == "asked for"
