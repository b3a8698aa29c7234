"""A fake of pynvml: GPUs can be lost, and figures unsupported."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pynvml


@dataclass
class FakeGpu:
    """A GPU or a MIG instance. Memory is in bytes."""

    uuid: str
    free: int | None = 60
    broken: int | None = None  # the NVML error of every call for it
    instances: list["FakeGpu"] = field(default_factory=list)
    utilisation: int | None = 0


class FakeNvml:
    """The functions of pynvml that the monitor uses; errors are pynvml's own."""

    NVMLError = pynvml.NVMLError
    NVML_ERROR_NOT_SUPPORTED = pynvml.NVML_ERROR_NOT_SUPPORTED
    NVML_TEMPERATURE_GPU = pynvml.NVML_TEMPERATURE_GPU

    def __init__(self, *gpus: FakeGpu) -> None:
        self.gpus = list(gpus)
        self.init_error: int | None = None
        self.count_error: int | None = None
        self.polls = 0

    def nvmlInit(self) -> None:  # noqa: N802 - NVML's names, here and below
        if self.init_error is not None:
            raise pynvml.NVMLError(self.init_error)

    def nvmlShutdown(self) -> None:  # noqa: N802
        pass

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        self.polls += 1
        if self.count_error is not None:
            raise pynvml.NVMLError(self.count_error)
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeGpu:  # noqa: N802
        return self._check(self.gpus[index])

    def nvmlDeviceGetUUID(self, gpu: FakeGpu) -> str:  # noqa: N802
        return self._check(gpu).uuid

    def nvmlDeviceGetName(self, gpu: FakeGpu) -> str:  # noqa: N802
        return f"card {self._check(gpu).uuid}"

    def nvmlDeviceGetMemoryInfo(self, gpu: FakeGpu) -> Any:  # noqa: N802
        free = self._supported(self._check(gpu).free)
        return SimpleNamespace(total=100, used=100 - free, free=free)

    def nvmlDeviceGetPowerUsage(self, gpu: FakeGpu) -> int:  # noqa: N802
        self._check(gpu)
        return 71_500

    def nvmlDeviceGetTemperature(self, gpu: FakeGpu, sensor: int) -> int:  # noqa: N802
        assert sensor == self.NVML_TEMPERATURE_GPU
        self._check(gpu)
        return 44

    def nvmlDeviceGetUtilizationRates(self, gpu: FakeGpu) -> Any:  # noqa: N802
        return SimpleNamespace(gpu=self._supported(self._check(gpu).utilisation))

    def nvmlDeviceGetMaxMigDeviceCount(self, gpu: FakeGpu) -> int:  # noqa: N802
        return len(gpu.instances) + 1  # the last index is always empty

    def nvmlDeviceGetMigDeviceHandleByIndex(self, gpu: FakeGpu, index: int) -> FakeGpu:  # noqa: N802
        if index >= len(gpu.instances):
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return gpu.instances[index]

    def _check(self, gpu: FakeGpu) -> FakeGpu:
        if gpu.broken is not None:
            raise pynvml.NVMLError(gpu.broken)
        return gpu

    def _supported(self, figure: int | None) -> int:
        if figure is None:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return figure
