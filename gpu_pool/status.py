"""Snapshots of the pool for health checks, `/gpus` and metrics."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from gpu_pool.messages import EngineInfo
from gpu_pool.totals import WorkerTotals

PoolState = Literal["loading", "ok", "degraded", "draining", "dead"]
# `restarting`: told to stop, finishing its outstanding segments; `starting` follows.
WorkerState = Literal["starting", "ready", "restarting", "backoff", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class GpuStatus:
    """What is known of one device; unknown figures are None. Memory is in bytes."""

    device: str
    name: str | None = None
    uuid: str | None = None
    memory_total: int | None = None
    memory_used: int | None = None
    memory_free: int | None = None
    utilisation: int | None = None  # percent
    temperature: int | None = None  # °C
    power: float | None = None  # watts
    monitor_error: str | None = None  # why NVML's figures are missing


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """A worker, on one device or on a group of them. Memory is in bytes."""

    device: str
    model: str
    label: str  # the device, with the model where the pool has several
    gpus: tuple[GpuStatus, ...]  # one, or those of the group
    state: WorkerState
    engine: EngineInfo | None  # of the last process that was ready; None: none has been yet
    memory_budget: int | None  # that segments may hold now; None: not limited by memory
    memory_reserved: int  # that its outstanding segments may need
    pid: int | None
    restarts: int
    outstanding_segments: int
    outstanding_tokens: int
    finished_segments: int
    finished_tokens: int
    tokens_per_second: float | None  # while computing, a moving average
    oom_splits: int  # batches split after running out of memory since the process started
    held_back: str | None  # why it cannot take the next waiting text
    last_error: str | None  # why the previous process on this device ended
    totals: WorkerTotals = WorkerTotals()  # noqa: RUF009 - frozen

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each of its devices; the rows of a group share the worker's fields."""
        shared = {"worker": self.label} | {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in ("device", "label", "gpus", "totals")  # the totals are for metrics
        }
        shared["engine"] = self.engine and asdict(self.engine)
        return [asdict(gpu) | shared for gpu in self.gpus]


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """`ok`: all its workers are ready; `degraded`: some; `loading`: none yet; `dead`: none ever."""

    name: str
    state: PoolState
    queued_segments: int
    queued_tokens: int


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """The state is that of all models, `loading` until each has been served, else `degraded`."""

    state: PoolState
    workers: tuple[WorkerStatus, ...]
    models: tuple[ModelStatus, ...]

    @property
    def queued_segments(self) -> int:
        """Segments that wait for a worker."""
        return sum(model.queued_segments for model in self.models)

    @property
    def queued_tokens(self) -> int:
        """Source tokens that wait for a worker."""
        return sum(model.queued_tokens for model in self.models)
