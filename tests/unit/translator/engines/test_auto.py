"""The engine that `auto` stands for on GPUs and CPUs."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.unit.translator.engines.cudnn import cudnn_enabled
from tests.unit.translator.engines.fake_engine import FakeEngine
from translator import Translator, TranslatorConfig
from translator.engines import EngineChoice, autotune, build, cpu, ctranslate2, gpu
from translator.engines.autotune import DeviceClass
from translator.engines.cpu_features import computes_int8
from translator.engines.ctranslate2 import core_splits, why_not_on_gpu
from translator.engines.inflight import build as inflight_build
from translator.engines.replicas import replica_counts
from translator.engines.speed import Speed
from translator.engines.trial import TrialSize
from translator.models.checkpoints import Checkpoint


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake CUDA device with fake engines."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA H200")
    monkeypatch.setattr(inflight_build, "build_inflight", lambda *_: FakeEngine("inflight"))
    monkeypatch.setattr(gpu, "ctranslate2_on_gpu", lambda *_: FakeEngine("ctranslate2"))


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
    monkeypatch.setattr(autotune, "measure_speed", lambda engine, _: Speed(rates[engine.name], 1.0))
    monkeypatch.setattr(gpu, "why_not_ctranslate2", lambda *_: None)
    choice = chosen(bundled, tmp_path)
    assert (choice.name, choice.dtype) == (faster, "bfloat16")
    assert choice.reason.startswith("fastest of 2 measured")
    (path,) = (tmp_path / "speeds").glob("*.json")
    assert path.name.endswith("-bfloat16-nvidia-h200.json")
    assert not cudnn_enabled()


@pytest.mark.usefixtures("card")
def test_auto_on_cuda_is_inflight_where_ctranslate2_cannot_compute(
    bundled: Checkpoint, tmp_path: Path
) -> None:
    """CTranslate2 itself reports the reason: here there is no driver."""
    choice = chosen(bundled, tmp_path)
    assert choice.name == "inflight"
    assert choice.reason.startswith("the only one that runs here; not ctranslate2: CUDA")
    assert list(tmp_path.iterdir()) == [], "nothing was converted or measured"


@pytest.mark.usefixtures("card")
def test_an_engine_given_on_cuda_is_not_measured(bundled: Checkpoint, tmp_path: Path) -> None:
    given = chosen(bundled, tmp_path, engine="ctranslate2", dtype="float16")
    assert given == EngineChoice("ctranslate2", "float16", "asked for")
    group = chosen(bundled, tmp_path, device="cuda:0+cuda:1")
    assert group.name == "inflight"
    assert group.reason == "the only one that spreads a model over devices"


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    types = {"float16"}
    monkeypatch.setattr("ctranslate2.get_supported_compute_types", lambda *_: types)
    assert why_not_on_gpu(0, "bfloat16") == "it does not compute in bfloat16 on this card"
    monkeypatch.setattr("translator.engines.ctranslate2._CUBLAS", "libcublas.so.0")
    assert "libcublas.so.0: cannot open shared object file" in (why_not_on_gpu(0, "float16") or "")
    monkeypatch.setattr("translator.engines.ctranslate2._CUBLAS", "libc.so.6")
    assert why_not_on_gpu(0, "float16") is None


@pytest.mark.usefixtures("int8")  # already converted
def test_on_a_cpu_each_use_of_the_cores_is_measured_once(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the real engines, a few sentences each; CTranslate2 alone is not measured again.

    Each operation has one thread: several would wait for each other on cores that are busy.
    """
    (tmp_path / "ctranslate2").symlink_to(cache / "ctranslate2")
    monkeypatch.setattr(cpu, "_CPU", DeviceClass("cpu", TrialSize(sentences=4, concurrency=2)))
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
    load = ctranslate2._load
    monkeypatch.setattr(ctranslate2, "_load", lambda *a, **k: load(*a, **k | {"intra_threads": 1}))
    cores = len(os.sched_getaffinity(0))
    names = [f"ctranslate2, {s.replicas} x {s.threads} threads" for s in core_splits(cores)]
    if computes_int8():
        names += [f"inflight, {replicas} on {cores} cores" for replicas in replica_counts(cores)]
    choice = Translator(TranslatorConfig(cache=tmp_path)).engine
    assert choice.dtype == "int8"
    assert choice.reason.startswith(f"fastest of {len(names)} measured")
    (path,) = (tmp_path / "speeds").glob("*-int8-cpu.json")
    (saved,) = json.loads(path.read_text()).values()
    assert sorted(saved) == sorted(names)
    assert min(min(figures.values()) for figures in saved.values()) > 0
    before = path.stat().st_mtime_ns
    Translator(TranslatorConfig(cache=tmp_path))
    given = Translator(TranslatorConfig(cache=tmp_path, engine="ctranslate2")).engine
    assert given.reason.startswith("asked for; fastest of")
    assert path.stat().st_mtime_ns == before
