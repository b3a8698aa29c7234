"""What NVML says about the GPUs of this machine. Nothing else here uses NVML.

NVML can hang, lose a GPU or be absent. So a thread of its own polls it; a reading that is too
old counts as unknown; a figure that a GPU does not give is None; a lost GPU is an entry with
an error.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pynvml

_log = logging.getLogger(__name__)
_MILLIWATTS = 1000


@dataclass(frozen=True, slots=True)
class GpuReading:
    """One GPU as NVML sees it, other tenants included. Memory is in bytes."""

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
        self._readings: dict[str, GpuReading] = {}
        self._uuids: dict[int, str] = {}  # by NVML's index, for GPUs that are lost later
        self._read_at = float("-inf")
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gpu-monitor", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._thread.start()

    def close(self) -> None:
        """Stop polling; does not wait for an NVML call that hangs."""
        self._closing.set()
        self._thread.join(timeout=self._interval)

    def snapshot(self) -> dict[str, GpuReading]:
        """Return readings by normalised UUID; empty where there is no fresh one."""
        if time.monotonic() - self._read_at > self._stale_after:
            return {}
        return self._readings

    def _run(self) -> None:
        try:
            self._nvml.nvmlInit()
        except self._nvml.NVMLError as error:
            _log.info("no NVML (%s): GPU memory and load are unknown", error)
            return
        while not self._closing.is_set():
            self._poll()
            self._closing.wait(self._interval)

    def _poll(self) -> None:
        try:
            count = self._nvml.nvmlDeviceGetCount()
        except self._nvml.NVMLError as error:
            _log.warning("NVML cannot count the GPUs: %s", error)
            return
        readings = dict(self._readings)
        for index in range(count):
            reading = self._read(index)
            if reading is not None:
                readings[normalise_uuid(reading.uuid)] = reading
        self._readings, self._read_at = readings, time.monotonic()

    def _read(self, index: int) -> GpuReading | None:
        """Read one GPU; None where it is lost before it ever told its UUID."""
        nvml = self._nvml
        try:
            handle = nvml.nvmlDeviceGetHandleByIndex(index)
            uuid = self._uuids[index] = str(nvml.nvmlDeviceGetUUID(handle))
            memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        except nvml.NVMLError as error:
            return self._lost(index, str(error))
        power = self._ask(nvml.nvmlDeviceGetPowerUsage, handle)
        utilisation = self._ask(nvml.nvmlDeviceGetUtilizationRates, handle)
        return GpuReading(
            uuid,
            self._ask(nvml.nvmlDeviceGetName, handle),
            memory.total,
            memory.used,
            memory.free,
            None if utilisation is None else utilisation.gpu,
            self._ask(nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU),
            None if power is None else power / _MILLIWATTS,
        )

    def _lost(self, index: int, error: str) -> GpuReading | None:
        """Keep the row of a GPU that has gone, with the reason."""
        uuid = self._uuids.get(index)
        if uuid is None:
            return None
        known = self._readings.get(normalise_uuid(uuid))
        return GpuReading(uuid, known.name if known else None, error=error)

    def _ask(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return a figure, or None where this GPU does not have it."""
        try:
            return function(*arguments)
        except self._nvml.NVMLError:
            return None


def normalise_uuid(uuid: str) -> str:
    """Return a form that NVML (`GPU-9f…`) and torch (`9f…`) spell alike."""
    return uuid.lower().removeprefix("gpu-")


def count_gpus(nvml: Any = pynvml) -> int:
    """Return how many GPUs NVML sees; 0 where there is no NVML."""
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return 0
    try:
        return int(nvml.nvmlDeviceGetCount())
    except nvml.NVMLError:
        return 0
    finally:
        nvml.nvmlShutdown()
