"""What the dispatcher's thread is told by others."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gpu_pool.task import Task
from gpu_pool.worker_process import WorkerEvent
from gpu_pool.worker_record import WorkerRecord


@dataclass(frozen=True, slots=True)
class Submitted:
    """Tasks that have been admitted."""

    tasks: Sequence[Task]


@dataclass(frozen=True, slots=True)
class Restart:
    """A worker is to be replaced; `told` is set once it knows."""

    record: WorkerRecord
    told: threading.Event


Event = WorkerEvent | Submitted | Restart | Literal["close"]
