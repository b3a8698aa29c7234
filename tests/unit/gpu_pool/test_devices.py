"""Parsing of device lists, and which GPUs are visible to CUDA."""

import pytest

from gpu_pool.devices import parse_devices, visible_gpus
from gpu_pool.monitor import InstalledGpu


def three_gpus() -> list[InstalledGpu]:
    return [InstalledGpu("GPU-9f1c"), InstalledGpu("GPU-77aa"), InstalledGpu("GPU-77ab")]


@pytest.mark.parametrize(
    ("spec", "devices"),
    [
        ("cpu", ("cpu",)),
        ("cpu*1", ("cpu",)),
        ("cpu*3", ("cpu:0", "cpu:1", "cpu:2")),
        ("cuda:2, cuda:0", ("cuda:2", "cuda:0")),
        ("cuda:0,cpu", ("cuda:0", "cpu")),
        ("cuda:00+cuda:1,cuda:2", ("cuda:0+cuda:1", "cuda:2")),
        ("auto", ("cuda:0", "cuda:1", "cuda:2")),
    ],
)
def test_valid_lists(spec: str, devices: tuple[str, ...]) -> None:
    assert parse_devices(spec, {}, three_gpus) == devices


@pytest.mark.parametrize(
    "spec",
    [
        *("", "gpu", "cuda", "cuda:", "cuda:-1", "cuda:x", "cpu*0", "cpu:0", "cuda:0,", "auto,cpu"),
        *("cuda:0+", "cuda:0+cpu", "cpu+cpu"),
    ],
)
def test_an_invalid_list_is_refused_with_the_valid_forms(spec: str) -> None:
    with pytest.raises(ValueError, match=r"allowed are 'auto'"):
        parse_devices(spec, {}, three_gpus)


@pytest.mark.parametrize(
    "spec", ["cuda:0,cuda:0", "cuda:1,cuda:01", "cpu,cpu", "cpu*2,cpu", "cuda:0+cuda:1,cuda:1"]
)
def test_a_device_must_not_be_named_twice(spec: str) -> None:
    with pytest.raises(ValueError, match="twice"):
        parse_devices(spec, {}, three_gpus)


def test_auto_is_the_cpu_without_a_gpu() -> None:
    assert parse_devices("auto", {}, list) == ("cpu",)
    assert parse_devices("auto", {"CUDA_VISIBLE_DEVICES": "-1"}, three_gpus) == ("cpu",)


@pytest.mark.parametrize(
    ("listed", "visible"),
    [
        ("", 0),
        ("-1", 0),
        ("2,0", 2),
        (" 1 , 2 ", 2),
        ("0,-1,1", 1),
        ("0,7,1", 1),  # there is no GPU 7: the list ends there
        ("GPU-9f1c,GPU-77aa", 2),
        ("GPU-9,GPU-77ab", 2),
        ("GPU-9,GPU-77", 1),  # ambiguous
        ("GPU-0000", 0),
        ("0,0", 0),
        ("0,GPU-9f1c", 0),
        ("MIG-1f", 0),
        ("nonsense", 0),
    ],
)
def test_cuda_visible_devices(listed: str, visible: int) -> None:
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": listed}, three_gpus()) == visible


@pytest.mark.parametrize(
    ("listed", "visible"), [(None, 1), ("0,1", 1), ("1", 1), ("1,0", 1), ("MIG-1f,MIG-2f", 1)]
)
def test_one_mig_instance_is_visible(listed: str | None, visible: int) -> None:
    gpus = [InstalledGpu("GPU-a", ("MIG-1f", "MIG-2f")), InstalledGpu("GPU-b")]
    environ = {} if listed is None else {"CUDA_VISIBLE_DEVICES": listed}
    assert visible_gpus(environ, gpus) == visible


def test_without_nvml_nothing_is_visible() -> None:
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "0"}, []) == 0
