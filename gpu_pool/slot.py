"""A worker's place in the pool: what lasts while its processes come and go."""

from dataclasses import dataclass, field
from itertools import islice

from gpu_pool.messages import Done
from gpu_pool.monitor import GpuReading
from gpu_pool.process import WorkerProcess
from gpu_pool.scheduler import Load
from gpu_pool.status import WorkerState, WorkerStatus
from gpu_pool.task import Task

_SPEED_WEIGHT = 0.2  # of the newest batch in the moving average


@dataclass(slots=True)
class Slot:
    """Changed by the dispatcher's thread alone; others read single fields for the status."""

    device: str
    state: WorkerState = "starting"
    process: WorkerProcess | None = None
    name: str | None = None
    uuid: str | None = None
    budget: int | None = None
    batches: int = 1
    cached: int = 0
    splits: int = 0
    restarts: int = 0
    failures: int = 0  # deaths in a row without a finished segment between them
    load_failures: int = 0  # of those in a row, deaths before readiness
    heard_at: float = 0.0
    retry_at: float = 0.0
    reason: str | None = None  # why the present process cannot go on, where that is known
    last_error: str | None = None  # why the last one ended
    outstanding: dict[int, Task] = field(default_factory=dict)
    outstanding_tokens: int = 0
    outstanding_memory: int = 0
    finished_segments: int = 0
    finished_tokens: int = 0
    speed: float | None = None  # tokens a second while computing

    def give(self, task: Task) -> None:
        """Count a task as in the worker's hands."""
        self.outstanding[task.job.id] = task
        self.outstanding_tokens += task.job.tokens
        self.outstanding_memory += task.job.memory

    def take_back(self) -> list[Task]:
        """Return all tasks that were in the worker's hands, oldest first."""
        tasks = list(self.outstanding.values())
        self.outstanding.clear()
        self.outstanding_tokens = self.outstanding_memory = 0
        return tasks

    def finish(self, done: Done) -> list[Task | None]:
        """Count a worker's results in; return the task of each, None for one it no longer has."""
        tasks = [self.outstanding.pop(result.id, None) for result in done.results]
        tokens = sum(task.job.tokens for task in tasks if task)
        self.outstanding_tokens -= tokens
        self.outstanding_memory -= sum(task.job.memory for task in tasks if task)
        self.finished_tokens += tokens
        self.finished_segments += sum(task is not None for task in tasks)
        if tokens and done.busy_seconds > 0:
            speed = tokens / done.busy_seconds
            before = self.speed or speed
            self.speed = before + _SPEED_WEIGHT * (speed - before)
            self.failures = self.load_failures = 0
        return tasks

    def load(self, index: int, reading: GpuReading | None, margin: int) -> Load:
        """Return what the scheduler must know of this worker."""
        free = reading.memory_free if reading else None
        return Load(
            worker=index,
            tokens=self.outstanding_tokens,
            reserved=self.outstanding_memory,
            speed=self.speed,
            budget=self.budget,
            batches=self.batches,
            available=None if free is None else free + self.cached - margin,
            # A job that travels alone is the only one there is.
            exclusive=any(task.job.alone for task in islice(self.outstanding.values(), 1)),
        )

    def status(self, reading: GpuReading | None, monitor_error: str) -> WorkerStatus:
        """Return the worker's row, with what NVML says of its device, or why it says nothing."""
        return WorkerStatus(
            device=self.device,
            state=self.state,
            name=self.name or (reading.name if reading else None),
            uuid=self.uuid,
            memory_total=reading.memory_total if reading else None,
            memory_used=reading.memory_used if reading else None,
            memory_free=reading.memory_free if reading else None,
            utilisation=reading.utilisation if reading else None,
            temperature=reading.temperature if reading else None,
            power=reading.power if reading else None,
            pid=self.process.pid if self.process else None,
            restarts=self.restarts,
            outstanding_segments=len(self.outstanding),
            outstanding_tokens=self.outstanding_tokens,
            finished_segments=self.finished_segments,
            finished_tokens=self.finished_tokens,
            tokens_per_second=self.speed,
            oom_splits=self.splits,
            last_error=self.last_error,
            # A CPU has no UUID, and nothing to be missed.
            monitor_error=reading.error if reading else monitor_error if self.uuid else None,
        )
