"""The pool's record of one worker, which outlives the processes that serve it."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice, zip_longest
from operator import attrgetter

from gpu_pool.exit_cause import ExitCause
from gpu_pool.memory import MemoryBudget
from gpu_pool.messages import Done, EngineInfo, Heartbeat, Ready
from gpu_pool.monitor import GpuReading, normalise_uuid
from gpu_pool.packing import unpack_numbers
from gpu_pool.status import GpuStatus, WorkerState, WorkerStatus
from gpu_pool.task import Task
from gpu_pool.totals import TotalsCounter
from gpu_pool.worker_load import WorkerLoad
from gpu_pool.worker_process import WorkerProcess

_log = logging.getLogger(__name__)
Readings = Mapping[str, GpuReading]  # by normalised UUID

_SPEED_WEIGHT = 0.2  # of the newest batch in the moving average


@dataclass(slots=True)
class WorkerRecord:
    """Only the dispatcher's thread changes it; others read single fields for the status."""

    device: str
    model: str
    label: str  # its name for people: the device, with the model where there are several
    state: WorkerState = "starting"
    process: WorkerProcess | None = None
    name: str | None = None
    uuids: tuple[str, ...] = ()
    engine: EngineInfo | None = None
    memory: MemoryBudget = field(default_factory=MemoryBudget)
    memory_scale: float = 1.0  # bytes used on the device per byte of the cost formula
    held_back: str | None = None  # why it cannot take the next waiting text
    batches: int = 1
    cached: int = 0
    splits: int = 0
    restarts: int = 0
    failures: int = 0  # deaths in a row without a finished segment in between
    load_failures: int = 0  # of those in a row, deaths before readiness
    last_message_at: float = 0.0
    retry_at: float = 0.0
    exit_deadline: float = 0.0  # when a restarting worker that has not exited is killed
    exit_cause: ExitCause | None = None  # why the pool killed the current process, if it did
    exit_reason: str | None = None  # why the current process cannot continue, if known
    last_error: str | None = None  # why the previous process ended
    outstanding: dict[int, Task] = field(default_factory=dict)
    outstanding_tokens: int = 0
    outstanding_memory: int = 0
    finished_segments: int = 0
    finished_tokens: int = 0
    speed: float | None = None  # tokens per second while computing
    totals: TotalsCounter = field(default_factory=TotalsCounter)

    def on_ready(self, message: Ready) -> None:
        """Store what the worker reports once its model is loaded."""
        self.state, self.name, self.uuids = "ready", message.name, message.uuids
        self.memory, self.memory_scale = MemoryBudget(message.budget), message.memory_scale
        self.batches, self.engine = message.batches, message.engine
        engine = message.engine
        _log.info(
            "%s (%s) is ready: engine %s in %s, %s",
            self.label, self.name, engine.name, engine.dtype, engine.reason,
        )  # fmt: skip

    def on_heartbeat(self, message: Heartbeat, now: float) -> None:
        """Shrink the memory budget if the worker ran out of memory, otherwise let it recover."""
        if message.splits > self.splits:
            self.memory.shrink()
            self.totals.oom_splits += message.splits - self.splits
        else:
            self.memory.recover(now - self.last_message_at)
        self.cached, self.splits = message.cached, message.splits

    def assign_tasks(self, tasks: Sequence[Task]) -> None:
        """Count tasks as outstanding."""
        now = time.monotonic()
        self.outstanding.update({task.id: task for task in tasks})
        for accepted_at, together in groupby(tasks, attrgetter("accepted_at")):
            self.totals.record_wait(now - accepted_at, len(list(together)))
        self.outstanding_tokens += sum([task.tokens for task in tasks])
        self.outstanding_memory += sum([task.memory for task in tasks])

    def return_tasks(self) -> list[Task]:
        """Remove all outstanding tasks and return them, oldest first."""
        tasks = list(self.outstanding.values())
        self.outstanding.clear()
        self.outstanding_tokens = self.outstanding_memory = 0
        return tasks

    def record_results(self, done: Done) -> list[Task | None]:
        """Record a worker's results; return the task of each, None if it is not outstanding."""
        tasks = [self.outstanding.pop(number, None) for number in unpack_numbers(done.ids)]
        known = [task for task in tasks if task is not None]
        tokens = sum([task.tokens for task in known])
        self.outstanding_tokens -= tokens
        self.outstanding_memory -= sum([task.memory for task in known])
        self.finished_tokens += tokens
        self.finished_segments += len(known)
        if done.busy_seconds > 0:
            self.totals.record_batch(len(tasks), done.busy_seconds)
        if tokens and done.busy_seconds > 0:
            speed = tokens / done.busy_seconds
            before = self.speed or speed
            self.speed = before + _SPEED_WEIGHT * (speed - before)
            self.failures = self.load_failures = 0
        return tasks

    def load(self, index: int, readings: Readings, margin: int) -> WorkerLoad:
        """Return the worker's load for the scheduler; `margin` is in bytes."""
        available = self._available(readings, margin)
        return WorkerLoad(
            worker=index,
            tokens=self.outstanding_tokens,
            reserved=self.outstanding_memory,
            speed=self.speed,
            budget=self.full_budget(),
            share=self.memory.share,
            batches=self.batches,
            available=None if available is None else int(available / self.memory_scale),
            # An isolated item is the only outstanding one, so looking at the first is enough.
            exclusive=any(task.isolated for task in islice(self.outstanding.values(), 1)),
        )

    @property
    def reserved(self) -> int:
        """Bytes on the device that its outstanding segments may need."""
        return int(self.outstanding_memory * self.memory_scale)

    def full_budget(self) -> int | None:
        """Return the full memory budget in bytes of the cost formula; None: not limited."""
        return None if self.memory.full is None else int(self.memory.full / self.memory_scale)

    def status(self, readings: Readings, monitor_error: str) -> WorkerStatus:
        """Return the worker's status; `monitor_error` says why a GPU has no reading."""
        return WorkerStatus(
            device=self.device,
            model=self.model,
            label=self.label,
            gpus=tuple(self._gpus(readings, monitor_error)),
            state=self.state,
            engine=self.engine,
            memory_budget=self.memory.now,
            memory_reserved=self.reserved,
            pid=self.process.pid if self.process else None,
            restarts=self.restarts,
            outstanding_segments=len(self.outstanding),
            outstanding_tokens=self.outstanding_tokens,
            finished_segments=self.finished_segments,
            finished_tokens=self.finished_tokens,
            tokens_per_second=self.speed,
            oom_splits=self.splits,
            held_back=self.held_back,
            last_error=self.last_error,
            totals=self.totals.snapshot(),
        )

    def _available(self, readings: Readings, margin: int) -> int | None:
        """Return the bytes free on its device, or on the fullest of a group; None if unknown."""
        found = [readings.get(normalise_uuid(uuid)) for uuid in self.uuids]
        free = [r.memory_free for r in found if r is not None and r.memory_free is not None]
        return min(free) + self.cached - margin if free else None

    def _gpus(self, readings: Readings, monitor_error: str) -> Iterator[GpuStatus]:
        for device, uuid in zip_longest(self.device.split("+"), self.uuids):
            reading = readings.get(normalise_uuid(uuid)) if uuid else None
            if reading is None:
                # A CPU has no UUID and no reading; that is not an error.
                yield GpuStatus(
                    device, self.name, uuid, monitor_error=monitor_error if uuid else None
                )
                continue
            yield GpuStatus(
                device=device,
                name=reading.name or self.name,
                uuid=uuid,
                memory_total=reading.memory_total,
                memory_used=reading.memory_used,
                memory_free=reading.memory_free,
                utilisation=reading.utilisation,
                temperature=reading.temperature,
                power=reading.power,
                monitor_error=reading.error,
            )
