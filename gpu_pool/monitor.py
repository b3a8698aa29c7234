"""Reads the GPUs of this machine through NVML. No other module uses NVML.

NVML can hang, lose a GPU or be absent. So a separate thread polls it; a stale reading counts as
unknown; a figure that a GPU does not support is None; a lost GPU has a reading with an error.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pynvml

_log = logging.getLogger(__name__)
_MILLIWATTS = 1000


@dataclass(frozen=True, slots=True)
class GpuReading:
    """A reading of one GPU or MIG instance, including use by other processes. Memory in bytes."""

    uuid: str
    name: str | None = None
    memory_total: int | None = None
    memory_used: int | None = None
    memory_free: int | None = None
    utilisation: int | None = None  # percent; MIG instances have none
    temperature: int | None = None  # °C
    power: float | None = None  # watts
    error: str | None = None


class GpuMonitor:
    """Polls NVML in the background; `snapshot` returns the latest reading of each GPU."""

    def __init__(self, interval: float = 1.0, stale_after: float = 5.0, nvml: Any = pynvml) -> None:
        """Times are in seconds; `nvml` is the pynvml module or a fake of it."""
        self._interval = interval
        self._stale_after = stale_after
        self._nvml = nvml
        self._uuids: dict[int, str] = {}  # by index: to name a GPU that is lost
        self._readings: dict[str, GpuReading] = {}
        self._read_at = float("-inf")
        self._error: str | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gpu-monitor", daemon=True)

    def start(self) -> None:
        """Start to poll."""
        self._thread.start()

    def close(self) -> None:
        """Stop polling; does not wait for an NVML call that hangs."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=self._interval)

    def snapshot(self) -> dict[str, GpuReading]:
        """Return the readings by normalised UUID; empty if they are stale. Never blocks."""
        if time.monotonic() - self._read_at > self._stale_after:
            return {}
        return self._readings

    @property
    def error(self) -> str:
        """Why a GPU has no current reading."""
        return self._error or "NVML has no current reading of this GPU"

    def _run(self) -> None:
        try:
            self._nvml.nvmlInit()
        except self._nvml.NVMLError as error:
            self._error = f"no NVML: {error}"
            _log.warning("GPU memory and load are unknown; %s", self._error)
            return
        while not self._closing.is_set():
            self._poll()
            self._closing.wait(self._interval)

    def _poll(self) -> None:
        readings: dict[str, GpuReading] = {}
        try:
            for index in range(self._nvml.nvmlDeviceGetCount()):
                for reading in self._read_gpu(index):
                    readings[normalise_uuid(reading.uuid)] = reading
        except self._nvml.NVMLError as error:
            self._set_error(f"NVML cannot count the GPUs: {error}")
            return
        self._set_error(None)
        self._readings, self._read_at = readings, time.monotonic()

    def _set_error(self, error: str | None) -> None:
        """Store why polling fails; log it once, not at every poll."""
        if error and error != self._error:
            _log.warning("%s", error)
        self._error = error

    def _read_gpu(self, index: int) -> list[GpuReading]:
        """Read a GPU and its MIG instances; empty if it was lost before its UUID was read."""
        nvml = self._nvml
        try:
            gpu = nvml.nvmlDeviceGetHandleByIndex(index)
            self._uuids[index] = str(nvml.nvmlDeviceGetUUID(gpu))
            return [self._read_device(handle) for handle in (gpu, *_mig_instances(nvml, gpu))]
        except nvml.NVMLError as error:
            uuid = self._uuids.get(index)
            return [] if uuid is None else [GpuReading(uuid, error=str(error))]

    def _read_device(self, handle: Any) -> GpuReading:
        nvml = self._nvml
        memory = self._read_memory(handle)
        power = _query(nvml, nvml.nvmlDeviceGetPowerUsage, handle)
        utilisation = _query(nvml, nvml.nvmlDeviceGetUtilizationRates, handle)
        return GpuReading(
            uuid=str(nvml.nvmlDeviceGetUUID(handle)),
            name=_query(nvml, nvml.nvmlDeviceGetName, handle),
            memory_total=memory and memory.total,
            memory_used=memory and memory.used,
            memory_free=memory and memory.free,
            utilisation=utilisation and utilisation.gpu,
            temperature=_query(
                nvml, nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU
            ),
            power=None if power is None else power / _MILLIWATTS,
        )

    def _read_memory(self, handle: Any) -> Any:
        """Return the memory figures, None if unsupported; other errors mean a lost GPU."""
        try:
            return self._nvml.nvmlDeviceGetMemoryInfo(handle)
        except self._nvml.NVMLError as error:
            if error.value == self._nvml.NVML_ERROR_NOT_SUPPORTED:
                return None
            raise


def normalise_uuid(uuid: str) -> str:
    """Return the form common to NVML (`GPU-9f…`, `MIG-9f…`) and torch (`9f…`)."""
    return uuid.lower().removeprefix("gpu-").removeprefix("mig-")


@dataclass(frozen=True, slots=True)
class InstalledGpu:
    """A GPU of this machine and its MIG instances, by UUID."""

    uuid: str
    instances: tuple[str, ...] = ()


def installed_gpus(nvml: Any = pynvml, timeout: float = 10.0) -> list[InstalledGpu]:
    """Return the GPUs in the order of NVML; empty if there is no NVML.

    Raises TimeoutError if NVML does not respond within `timeout` seconds.
    """
    found: queue.SimpleQueue[list[InstalledGpu]] = queue.SimpleQueue()
    # A daemon: a call that hangs cannot be ended, and must not keep the process alive.
    thread = threading.Thread(target=lambda: found.put(_installed(nvml)), daemon=True)
    thread.start()
    try:
        return found.get(timeout=timeout)
    except queue.Empty:
        raise TimeoutError(
            f"NVML has not responded for {timeout:g} s, so the GPUs cannot be counted; is a driver "
            "call stuck? To start without it, name the devices, such as --devices cuda:0"
        ) from None


def _installed(nvml: Any) -> list[InstalledGpu]:
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return []
    try:
        return [_installed_gpu(nvml, i) for i in range(nvml.nvmlDeviceGetCount())]
    except nvml.NVMLError:
        return []
    finally:
        nvml.nvmlShutdown()


def _installed_gpu(nvml: Any, index: int) -> InstalledGpu:
    """Return a GPU, or a placeholder for a lost one: CUDA counts it too."""
    try:
        gpu = nvml.nvmlDeviceGetHandleByIndex(index)
        instances = tuple(str(nvml.nvmlDeviceGetUUID(each)) for each in _mig_instances(nvml, gpu))
        return InstalledGpu(str(nvml.nvmlDeviceGetUUID(gpu)), instances)
    except nvml.NVMLError:
        return InstalledGpu(f"lost {index}")


def _mig_instances(nvml: Any, gpu: Any) -> Iterator[Any]:
    """Yield the handles of a GPU's MIG instances."""
    for index in range(_query(nvml, nvml.nvmlDeviceGetMaxMigDeviceCount, gpu) or 0):
        instance = _query(nvml, nvml.nvmlDeviceGetMigDeviceHandleByIndex, gpu, index)
        if instance is not None:
            yield instance


def _query(nvml: Any, function: Callable[..., Any], *arguments: Any) -> Any:
    """Return the result of an NVML function, or None if it fails."""
    try:
        return function(*arguments)
    except nvml.NVMLError:
        return None
