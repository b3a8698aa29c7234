"""What the pool tells about itself: a snapshot for health checks and the GPU table."""

from dataclasses import dataclass
from typing import Literal

PoolState = Literal["loading", "ok", "degraded", "draining", "dead"]
WorkerState = Literal["starting", "ready", "backoff", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """One row of the GPU table; None where a figure is unknown. Memory is in bytes."""

    device: str
    state: WorkerState
    name: str | None
    uuid: str | None
    memory_total: int | None
    memory_used: int | None
    memory_free: int | None
    utilisation: int | None  # percent
    temperature: int | None  # °C
    power: float | None  # watts
    pid: int | None
    restarts: int
    outstanding_segments: int
    outstanding_tokens: int
    finished_segments: int
    finished_tokens: int
    tokens_per_second: float | None  # while computing, a moving average
    oom_splits: int  # batches halved for want of memory since the worker started
    last_error: str | None  # why the last worker on this device was lost
    monitor_error: str | None = None  # why NVML's figures are missing


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """`ok`: all workers are ready; `degraded`: some; `loading`: none yet; `dead`: none to come."""

    state: PoolState
    workers: tuple[WorkerStatus, ...]
    queued_segments: int
    queued_tokens: int
