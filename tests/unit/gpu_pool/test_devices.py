"""Device names, and which GPUs CUDA would show."""

import pytest

from gpu_pool.devices import parse_devices, visible_gpus
from gpu_pool.monitor import InstalledGpu


def three() -> list[InstalledGpu]:
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
def test_what_is_allowed(spec: str, devices: tuple[str, ...]) -> None:
    assert parse_devices(spec, {}, three) == devices


@pytest.mark.parametrize(
    "spec",
    [
        *("", "gpu", "cuda", "cuda:", "cuda:-1", "cuda:x", "cpu*0", "cpu:0", "cuda:0,", "auto,cpu"),
        *("cuda:0+", "cuda:0+cpu", "cpu+cpu"),
    ],
)
def test_what_is_not_allowed_is_told_with_what_is(spec: str) -> None:
    with pytest.raises(ValueError, match=r"allowed are 'auto'"):
        parse_devices(spec, {}, three)


@pytest.mark.parametrize(
    "spec", ["cuda:0,cuda:0", "cuda:1,cuda:01", "cpu,cpu", "cpu*2,cpu", "cuda:0+cuda:1,cuda:1"]
)
def test_a_device_is_named_once(spec: str) -> None:
    with pytest.raises(ValueError, match="twice"):
        parse_devices(spec, {}, three)


def test_auto_is_the_cpu_where_there_is_no_gpu() -> None:
    assert parse_devices("auto", {}, list) == ("cpu",)
    assert parse_devices("auto", {"CUDA_VISIBLE_DEVICES": "-1"}, three) == ("cpu",)


@pytest.mark.parametrize(
    ("listed", "visible"),
    [
        ("", 0),
        ("-1", 0),
        ("2,0", 2),
        (" 1 , 2 ", 2),
        ("0,-1,1", 1),
        ("0,7,1", 1),  # there is no GPU 7: CUDA ends the list there
        ("GPU-9f1c,GPU-77aa", 2),
        ("GPU-9,GPU-77ab", 2),
        ("GPU-9,GPU-77", 1),  # two begin so
        ("GPU-0000", 0),
        ("0,0", 0),
        ("0,GPU-9f1c", 0),
        ("MIG-1f", 0),
        ("nonsense", 0),
    ],
)
def test_cuda_visible_devices(listed: str, visible: int) -> None:
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": listed}, three()) == visible


@pytest.mark.parametrize(
    ("listed", "visible"), [(None, 1), ("0,1", 1), ("1", 1), ("1,0", 1), ("MIG-1f,MIG-2f", 1)]
)
def test_of_mig_instances_cuda_shows_one(listed: str | None, visible: int) -> None:
    gpus = [InstalledGpu("GPU-a", ("MIG-1f", "MIG-2f")), InstalledGpu("GPU-b")]
    environ = {} if listed is None else {"CUDA_VISIBLE_DEVICES": listed}
    assert visible_gpus(environ, gpus) == visible


def test_without_nvml_nothing_is_visible() -> None:
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "0"}, []) == 0
