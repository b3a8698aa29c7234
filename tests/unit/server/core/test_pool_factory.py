"""Settings of several models → names, devices, memory."""

from pathlib import Path

import pytest

from server.core.pool_factory import _configure, _shares, prepare
from server.core.settings import Settings
from tests.fasttext_files import write_classifier
from translator import CheckpointError
from translator.device_memory import MemoryShare
from translator.models.checkpoints import resolve


def test_models_have_the_names_and_devices_of_the_settings() -> None:
    settings = Settings(
        model="bundled second=bundled", devices="cuda:0,cuda:1", model_devices="second=cpu*2"
    )
    prepared = prepare(settings)
    assert prepared.models.names == ("bundled", "second")
    assert prepared.workers == ("cuda:0", "cuda:1", "cpu:0", "cpu:1")
    workers = prepared.pool.status().workers
    assert [worker.label for worker in workers] == [
        "cuda:0/bundled", "cuda:1/bundled", "cpu:0/second", "cpu:1/second",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model": "bundled bundled=bundled"}, "two models have the name bundled"),
        ({"model_devices": "other=cpu"}, "the models are bundled"),
        ({"route": "de=other"}, "de=other: the models are bundled"),
        ({"route": "sw=bundled"}, "sw is neither a language of bundled"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    values: dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        prepare(Settings(devices="cpu", **values))  # type: ignore[arg-type]


@pytest.mark.parametrize("on", [False, True])
def test_workers_score_the_scripts_that_the_settings_say(*, on: bool) -> None:
    settings = Settings(devices="cpu", target_scripts=on)
    assert _configure(settings, resolve("bundled"), 1).target_scripts == on


def test_a_model_that_does_not_load_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="model /none: there is no folder"):
        prepare(Settings(devices="cpu", model="bundled other=/none"))


def test_a_model_alone_on_a_device_has_all_of_its_memory() -> None:
    placement = {"a": ("cuda:0",), "b": ("cuda:1",)}
    assert _shares("a", placement, {"a": 1, "b": 2}, 1) == {}


def test_models_on_a_device_know_of_each_other() -> None:
    placement = {"a": ("cuda:0", "cuda:1"), "b": ("cuda:1",), "c": ("cuda:1", "cuda:2")}
    weights = {"a": 10, "b": 20, "c": 40}
    assert _shares("a", placement, weights, 1) == {"cuda:1": MemoryShare(10, 60, 3)}
    assert _shares("c", placement, weights, 1) == {"cuda:1": MemoryShare(40, 30, 3)}


def test_processes_on_a_gpu_have_equal_shares() -> None:
    """Three processes with the same two models: each model has a third of what it would have."""
    placement = {"a": ("cuda:0",), "b": ("cuda:0",)}
    ((_, share),) = _shares("a", placement, {"a": 10, "b": 20}, 3).items()
    assert share == MemoryShare(10, 80, 6)
    (alone,) = _shares("a", {"a": ("cuda:0",)}, {"a": 10}, 2).values()
    assert alone.limit(1_000) == 475  # half of what may be used


def test_a_group_spreads_its_weights() -> None:
    placement = {"a": ("cuda:0+cuda:1",), "b": ("cuda:1",)}
    weights = {"a": 100, "b": 20}
    assert _shares("a", placement, weights, 1) == {"cuda:0+cuda:1": MemoryShare(50, 20, 2)}
    assert _shares("b", placement, weights, 1) == {"cuda:1": MemoryShare(20, 50, 2)}


def test_parameters_are_counted_from_the_config() -> None:
    """But for norms and biases, which are few."""
    checkpoint = resolve("bundled")
    stored = sum(path.stat().st_size for path in checkpoint.folder.glob("*.safetensors")) // 2
    assert checkpoint.parameters == pytest.approx(stored, rel=0.02)
    assert checkpoint.weight_bytes("float32") == 4 * checkpoint.parameters
    assert checkpoint.weight_bytes("auto") == 2 * checkpoint.parameters
    table = int(checkpoint.config["vocab_size"]) * int(checkpoint.config["d_model"])
    for dtype in ("int8", "float8"):  # the embedding may stay in 16 bits
        assert checkpoint.weight_bytes(dtype) == checkpoint.parameters + table


def test_a_detector_that_knows_no_language_of_the_models_is_refused(tmp_path: Path) -> None:
    file = write_classifier(tmp_path / "model.bin", {"fij_Latn": ["bula"], "kab_Latn": ["azul"]})
    with pytest.raises(ValueError, match=r"detector .*: none of its 2 labels"):
        prepare(Settings(devices="cpu", detector=file))
    file.write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"detector .*: it is not a file of fastText"):
        prepare(Settings(devices="cpu", detector=file))
