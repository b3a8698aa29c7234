"""Devices, dtypes and combinations that are refused, and the defaults."""

import re

import pytest
import torch

from translator import DeviceError, Translator, TranslatorConfig
from translator.engines import build
from translator.engines.ctranslate2 import core_splits
from translator.engines.inflight import build as inflight_build
from translator.engines.replicas import replica_counts
from translator.models.checkpoints import Checkpoint


def test_splits_of_the_cores() -> None:
    assert [split.threads for split in core_splits(6)] == [1, 2, 4]
    assert [split.replicas for split in core_splits(6)] == [6, 3, 1]
    assert [replica_counts(cores) for cores in (1, 3, 4, 8, 64)] == [
        [1], [1], [1, 2], [1, 2, 4], [1, 2, 4, 8],
    ]  # fmt: skip


def test_a_cpu_without_ctranslate2_computes_in_its_fastest_dtype(
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


def test_int8_is_refused_if_it_would_lose_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflight_build, "computes_int8", lambda: False)
    with pytest.raises(DeviceError, match="AVX-512 VNNI"):
        Translator(TranslatorConfig(engine="inflight", dtype="int8"))


@pytest.mark.parametrize(
    "device", ["cuda:99", "gpu", "cuda:x", "cpu0", "cpu:0+cuda:0", "cpu:1+cpu:1", "cuda:98+cuda:99"]
)
def test_devices_that_do_not_exist(device: str) -> None:
    with pytest.raises(DeviceError, match=re.escape(device)):
        Translator(TranslatorConfig(device=device))


@pytest.mark.parametrize(
    ("field", "value"), [("dtype", "float4"), ("engine", "magic"), ("beams", 0)]
)
def test_an_unsupported_value_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        TranslatorConfig(**{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ["reference", "ctranslate2"])
def test_target_scripts_with_an_engine_that_scores_all_tokens_are_refused(engine: str) -> None:
    with pytest.raises(ValueError, match=f"target_scripts needs engine inflight; {engine}"):
        TranslatorConfig(engine=engine, target_scripts=True)


def test_an_unsupported_combination_is_refused() -> None:
    with pytest.raises(ValueError, match="int8 needs engine ctranslate2 or inflight"):
        TranslatorConfig(engine="reference", dtype="int8")
    for engine in ("reference", "ctranslate2"):
        with pytest.raises(ValueError, match=f"float8 needs engine inflight.*{engine} has none"):
            TranslatorConfig(engine=engine, dtype="float8")


@pytest.mark.parametrize("engine", ["auto", "inflight"])
@pytest.mark.parametrize("device", ["cpu", "cpu:0+cpu:1"])
def test_float8_on_a_cpu_is_refused(engine: str, device: str) -> None:
    with pytest.raises(DeviceError, match=r"float8 need a GPU; on CPUs use dtype int8, or auto"):
        Translator(TranslatorConfig(device=device, engine=engine, dtype="float8"))


@pytest.mark.parametrize("dtype", ["int8", "float8"])
def test_weights_of_8_bits_on_an_old_gpu_are_refused(
    monkeypatch: pytest.MonkeyPatch, bundled: Checkpoint, dtype: str
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))
    config = TranslatorConfig(device="cuda:0", engine="inflight", dtype=dtype)
    with pytest.raises(DeviceError, match=rf"cuda:0: weights in {dtype} need .*Ampere"):
        inflight_build.build_inflight(config, bundled, dtype)
