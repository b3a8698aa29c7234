"""Events that the dispatcher's thread handles."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gpu_pool.request import Request
from gpu_pool.task import Task
from gpu_pool.worker_process import WorkerEvent
from gpu_pool.worker_record import WorkerRecord


@dataclass(frozen=True, slots=True)
class Submitted:
    """Tasks of a request that have been admitted."""

    request: Request
    tasks: Sequence[Task]


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Nobody waits for a request any more."""

    request: Request


@dataclass(frozen=True, slots=True)
class RestartRequested:
    """Replace a worker; the dispatcher sets `handled` once the worker's state has changed."""

    record: WorkerRecord
    handled: threading.Event


Event = WorkerEvent | Submitted | Abandoned | RestartRequested | Literal["close"]
