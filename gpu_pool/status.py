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
        shared = {"worker": self.device} | {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in ("device", "gpus", "totals")  # the totals are for metrics
        }
        shared["engine"] = self.engine and asdict(self.engine)
        return [asdict(gpu) | shared for gpu in self.gpus]


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """`ok`: all workers are ready; `degraded`: some; `loading`: none yet; `dead`: none ever."""

    state: PoolState
    workers: tuple[WorkerStatus, ...]
    queued_segments: int
    queued_tokens: int
