"""What NVML says about the GPUs of this machine. Nothing else here uses NVML.

NVML can hang, lose a GPU or be absent. So a thread of its own polls it; a reading that is too
old counts as unknown; a figure that a GPU does not give is None; a lost GPU is an entry with
an error.
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
    """One GPU or MIG instance as NVML sees it, other tenants included. Memory is in bytes."""

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
    """Polls NVML in the background; `snapshot` gives the last reading of each GPU."""

    def __init__(self, interval: float = 1.0, stale_after: float = 5.0, nvml: Any = pynvml) -> None:
        """Times are in seconds; `nvml` is the pynvml module or what stands in for it."""
        self._interval = interval
        self._stale_after = stale_after
        self._nvml = nvml
        self._uuids: dict[int, str] = {}  # by index: names a GPU that no longer answers
        self._readings: dict[str, GpuReading] = {}
        self._read_at = float("-inf")
        self._error: str | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gpu-monitor", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._thread.start()

    def close(self) -> None:
        """Stop polling; does not wait for an NVML call that hangs."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=self._interval)

    def snapshot(self) -> dict[str, GpuReading]:
        """Return readings by normalised UUID; empty where there is no fresh one. Never blocks."""
        if time.monotonic() - self._read_at > self._stale_after:
            return {}
        return self._readings

    @property
    def error(self) -> str:
        """Why a GPU has no fresh reading."""
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
                for reading in self._read(index):
                    readings[normalise_uuid(reading.uuid)] = reading
        except self._nvml.NVMLError as error:
            self._note(f"NVML cannot count the GPUs: {error}")
            return
        self._note(None)
        self._readings, self._read_at = readings, time.monotonic()

    def _note(self, error: str | None) -> None:
        """Keep why polling fails; log it once, not at every poll."""
        if error and error != self._error:
            _log.warning("%s", error)
        self._error = error

    def _read(self, index: int) -> list[GpuReading]:
        """Read a GPU and its MIG instances; nothing where it is lost before it told its UUID."""
        nvml = self._nvml
        try:
            gpu = nvml.nvmlDeviceGetHandleByIndex(index)
            self._uuids[index] = str(nvml.nvmlDeviceGetUUID(gpu))
            return [self._figures(handle) for handle in (gpu, *_instances(nvml, gpu))]
        except nvml.NVMLError as error:
            uuid = self._uuids.get(index)
            return [] if uuid is None else [GpuReading(uuid, error=str(error))]

    def _figures(self, handle: Any) -> GpuReading:
        nvml = self._nvml
        memory = self._memory(handle)
        power = _ask(nvml, nvml.nvmlDeviceGetPowerUsage, handle)
        utilisation = _ask(nvml, nvml.nvmlDeviceGetUtilizationRates, handle)
        return GpuReading(
            uuid=str(nvml.nvmlDeviceGetUUID(handle)),
            name=_ask(nvml, nvml.nvmlDeviceGetName, handle),
            memory_total=memory and memory.total,
            memory_used=memory and memory.used,
            memory_free=memory and memory.free,
            utilisation=utilisation and utilisation.gpu,
            temperature=_ask(
                nvml, nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU
            ),
            power=None if power is None else power / _MILLIWATTS,
        )

    def _memory(self, handle: Any) -> Any:
        """Return the memory figures, None where the GPU has none; any other error is the GPU's."""
        try:
            return self._nvml.nvmlDeviceGetMemoryInfo(handle)
        except self._nvml.NVMLError as error:
            if error.value == self._nvml.NVML_ERROR_NOT_SUPPORTED:
                return None
            raise


def normalise_uuid(uuid: str) -> str:
    """Return a form that NVML (`GPU-9f…`, `MIG-9f…`) and torch (`9f…`) spell alike."""
    return uuid.lower().removeprefix("gpu-").removeprefix("mig-")


@dataclass(frozen=True, slots=True)
class InstalledGpu:
    """A GPU of this machine and its MIG instances, by UUID."""

    uuid: str
    instances: tuple[str, ...] = ()


def installed_gpus(nvml: Any = pynvml, patience: float = 10.0) -> list[InstalledGpu]:
    """Return the GPUs that NVML sees, in its order; none where there is no NVML.

    Raises TimeoutError where NVML does not answer within `patience` seconds.
    """
    answer: queue.SimpleQueue[list[InstalledGpu]] = queue.SimpleQueue()
    # A daemon: a call that hangs cannot be ended, and must not keep the process either.
    thread = threading.Thread(target=lambda: answer.put(_installed(nvml)), daemon=True)
    thread.start()
    try:
        return answer.get(timeout=patience)
    except queue.Empty:
        raise TimeoutError(
            f"NVML has not answered for {patience:g} s, so the GPUs cannot be counted; is a driver "
            "call stuck? Name the devices to start without it, such as --devices cuda:0"
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
    """Return a GPU; one that is lost keeps its place, since CUDA counts on from it."""
    try:
        gpu = nvml.nvmlDeviceGetHandleByIndex(index)
        instances = tuple(str(nvml.nvmlDeviceGetUUID(each)) for each in _instances(nvml, gpu))
        return InstalledGpu(str(nvml.nvmlDeviceGetUUID(gpu)), instances)
    except nvml.NVMLError:
        return InstalledGpu(f"lost {index}")


def _instances(nvml: Any, gpu: Any) -> Iterator[Any]:
    """Yield the handles of a GPU's MIG instances; none where it has no MIG."""
    for index in range(_ask(nvml, nvml.nvmlDeviceGetMaxMigDeviceCount, gpu) or 0):
        instance = _ask(nvml, nvml.nvmlDeviceGetMigDeviceHandleByIndex, gpu, index)
        if instance is not None:
            yield instance


def _ask(nvml: Any, function: Callable[..., Any], *arguments: Any) -> Any:
    """Return a figure, or None where this GPU does not give it."""
    try:
        return function(*arguments)
    except nvml.NVMLError:
        return None
