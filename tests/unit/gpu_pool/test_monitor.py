"""The monitor with a fake NVML and its thread running."""

import threading
import time
from collections.abc import Callable, Iterator

import pynvml
import pytest

from gpu_pool.monitor import GpuMonitor, InstalledGpu, installed_gpus, normalise_uuid
from tests.unit.gpu_pool.fake_nvml import FakeGpu, FakeNvml

TIMEOUT = 20.0  # seconds


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


StartMonitor = Callable[..., GpuMonitor]


@pytest.fixture
def start_monitor() -> Iterator[StartMonitor]:
    monitors: list[GpuMonitor] = []

    def make(nvml: FakeNvml, stale_after: float = 60.0) -> GpuMonitor:
        monitor = GpuMonitor(interval=0.01, stale_after=stale_after, nvml=nvml)
        monitors.append(monitor)
        monitor.start()
        return monitor

    yield make
    for monitor in monitors:
        monitor.close()


def test_figures_and_their_units(start_monitor: StartMonitor) -> None:
    monitor = start_monitor(FakeNvml(FakeGpu("GPU-9F")))
    wait_for(monitor.snapshot)
    reading = monitor.snapshot()["9f"]
    assert (reading.memory_total, reading.memory_used, reading.memory_free) == (100, 40, 60)
    assert (reading.utilisation, reading.temperature, reading.power) == (0, 44, 71.5)
    assert reading.name == "card GPU-9F"
    assert reading.error is None


def test_an_unsupported_figure_is_none_and_not_an_error(start_monitor: StartMonitor) -> None:
    monitor = start_monitor(FakeNvml(FakeGpu("GPU-a", free=None, utilisation=None)))
    wait_for(monitor.snapshot)
    reading = monitor.snapshot()["a"]
    assert (reading.memory_free, reading.utilisation, reading.error) == (None, None, None)
    assert reading.temperature == 44


def test_a_lost_gpu_has_an_error_and_the_other_is_still_read(start_monitor: StartMonitor) -> None:
    first, second = FakeGpu("GPU-a"), FakeGpu("GPU-b")
    monitor = start_monitor(FakeNvml(first, second))
    wait_for(lambda: len(monitor.snapshot()) == 2)
    first.broken = pynvml.NVML_ERROR_GPU_IS_LOST
    wait_for(lambda: monitor.snapshot()["a"].error)
    assert "lost" in (monitor.snapshot()["a"].error or "").lower()
    assert monitor.snapshot()["a"].memory_free is None
    assert monitor.snapshot()["b"].memory_free == 60
    first.broken = None
    wait_for(lambda: monitor.snapshot()["a"].memory_free == 60)


def test_a_gpu_lost_before_its_first_reading_is_left_out(start_monitor: StartMonitor) -> None:
    lost = FakeGpu("GPU-a", broken=pynvml.NVML_ERROR_GPU_IS_LOST)
    monitor = start_monitor(FakeNvml(lost, FakeGpu("GPU-b")))
    wait_for(monitor.snapshot)
    assert [reading.error for reading in monitor.snapshot().values()] == [None]


def test_mig_instances_have_readings_of_their_own(start_monitor: StartMonitor) -> None:
    instances = [FakeGpu("MIG-1", free=10, utilisation=None), FakeGpu("MIG-2", free=20)]
    monitor = start_monitor(FakeNvml(FakeGpu("GPU-a", instances=instances)))
    wait_for(monitor.snapshot)
    assert {uuid: gpu.memory_free for uuid, gpu in monitor.snapshot().items()} == {
        "a": 60,
        "1": 10,
        "2": 20,
    }


@pytest.mark.parametrize(
    "code", [pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH]
)
def test_a_missing_nvml_is_logged_once(
    start_monitor: StartMonitor, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    nvml = FakeNvml(FakeGpu("GPU-a"))
    nvml.init_error = code
    monitor = start_monitor(nvml)
    wait_for(lambda: caplog.records)
    monitor.close()
    assert monitor.snapshot() == {}
    assert str(pynvml.NVMLError(code)) in monitor.error
    assert len(caplog.records) == 1
    assert nvml.polls == 0


def test_stale_readings_are_unknown(
    start_monitor: StartMonitor, caplog: pytest.LogCaptureFixture
) -> None:
    nvml = FakeNvml(FakeGpu("GPU-a"))
    monitor = start_monitor(nvml, stale_after=0.5)
    wait_for(monitor.snapshot)
    nvml.count_error = pynvml.NVML_ERROR_UNKNOWN
    wait_for(lambda: not monitor.snapshot())
    assert "cannot count" in monitor.error
    assert len(caplog.records) == 1  # not one at every poll
    nvml.count_error = None
    wait_for(monitor.snapshot)


def test_uuids_of_torch_and_nvml_compare_equal() -> None:
    assert normalise_uuid("GPU-9F1C") == normalise_uuid("9f1c") == normalise_uuid("MIG-9f1c")


def test_installed_gpus() -> None:
    nvml = FakeNvml(FakeGpu("GPU-a", instances=[FakeGpu("MIG-a")]), FakeGpu("GPU-b"))
    assert installed_gpus(nvml) == [InstalledGpu("GPU-a", ("MIG-a",)), InstalledGpu("GPU-b")]
    nvml.count_error = pynvml.NVML_ERROR_UNKNOWN
    assert installed_gpus(nvml) == []
    nvml.init_error = pynvml.NVML_ERROR_LIBRARY_NOT_FOUND
    assert installed_gpus(nvml) == []


def test_a_lost_gpu_does_not_hide_the_others() -> None:
    lost = FakeGpu("GPU-a", broken=pynvml.NVML_ERROR_GPU_IS_LOST)
    assert installed_gpus(FakeNvml(lost, FakeGpu("GPU-b"))) == [
        InstalledGpu("lost 0"),
        InstalledGpu("GPU-b"),
    ]


def test_counting_times_out_if_nvml_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml, released = FakeNvml(FakeGpu("GPU-a")), threading.Event()
    monkeypatch.setattr(nvml, "nvmlInit", released.wait)
    with pytest.raises(TimeoutError, match="--devices"):
        installed_gpus(nvml, timeout=0.05)
    released.set()
