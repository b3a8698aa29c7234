"""The tasks that wait for one model, and how its workers get them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from gpu_pool.errors import TranslationError
from gpu_pool.messages import Work
from gpu_pool.packing import Packed, pack_numbers
from gpu_pool.scheduler import assign, held_back_reason
from gpu_pool.task import Task
from gpu_pool.work_queue import WorkQueue
from gpu_pool.worker_load import WorkerLoad, fits_budget
from gpu_pool.worker_record import Readings, WorkerRecord


class ModelQueue:
    """Used by the dispatcher's thread only."""

    def __init__(
        self,
        records: Sequence[WorkerRecord],
        worker_tokens: int,
        memory_margin: int,
        read_gpus: Callable[[], Readings],
        neighbours: Mapping[str, Sequence[WorkerRecord]],
    ) -> None:
        """`records` are the model's; `neighbours` are those of other models, by single device."""
        self.records = records
        self._worker_tokens = worker_tokens
        self._memory_margin = memory_margin
        self._read_gpus = read_gpus
        self._neighbours = neighbours
        self._waiting: WorkQueue[Task] = WorkQueue()
        self._held: dict[bytes, Task] = {}  # those that a worker holds, by payload

    @property
    def is_hopeless(self) -> bool:
        """Whether tasks wait that no worker will ever take."""
        return bool(self._waiting) and all(record.state == "failed" for record in self.records)

    def extend(self, tasks: Sequence[Task]) -> None:
        """Add new tasks of one request."""
        self._waiting.extend(tasks)

    def put_back(self, tasks: Iterable[Task]) -> None:
        """Put tasks of a dead worker before all others."""
        self._waiting.put_back(tasks)

    def forget(self, task: Task) -> None:
        """Record that no worker holds the task any more."""
        if self._held.get(task.payload) is task:
            del self._held[task.payload]

    def clear(self) -> None:
        """Forget all tasks."""
        self._held.clear()
        self._waiting = WorkQueue()

    def dispatch(self) -> list[tuple[Task, TranslationError]]:
        """Send workers what they can take; return the tasks that none of them will ever take."""
        self._drop_unwanted()
        for record in self.records:
            record.held_back = None
        ready = [record for record in self.records if record.state == "ready"]
        if not self._waiting or not ready:
            return []
        while self._assign_tasks(ready) and self._waiting:
            pass
        if not self._waiting:
            return []
        oversized = self._take_oversized()
        self._explain(ready)
        return oversized

    def _assign_tasks(self, ready: Sequence[WorkerRecord]) -> bool:
        """Send workers the tasks that they can take; return True if some took no capacity.

        A task whose payload a worker holds already is not sent: it shares the result.
        """
        skipped = False
        held = self._held
        work: defaultdict[int, list[Task]] = defaultdict(list)
        for task, load in assign(self._waiting, self._loads(ready), self._worker_tokens):
            if not task.is_wanted():
                skipped = True
                continue
            holder = held.setdefault(task.payload, task)
            if holder is not task and not task.isolated:
                holder.duplicates += (task, *task.duplicates)
                skipped = True
            else:
                work[load.worker].append(task)
        for worker, tasks in work.items():
            process = ready[worker].process
            assert process is not None, "a ready worker has a process"
            ready[worker].assign_tasks(tasks)
            ids = pack_numbers([task.id for task in tasks])
            process.send(Work(ids, Packed.of([task.payload for task in tasks])))
        return skipped

    def _loads(self, ready: Sequence[WorkerRecord]) -> list[WorkerLoad]:
        readings = self._read_gpus()
        return [
            record.load(i, readings, self._memory_margin + self._reserved_beside(record))
            for i, record in enumerate(ready)
        ]

    def _reserved_beside(self, record: WorkerRecord) -> int:
        """Return the bytes that other models' segments may need on the device of a worker."""
        if not self._neighbours:
            return 0
        beside = [
            sum(other.reserved for other in self._neighbours.get(device, ()))
            for device in record.device.split("+")
        ]
        return max(beside)

    def _explain(self, ready: Sequence[WorkerRecord]) -> None:
        """Set for the status why each ready worker cannot take the next waiting task."""
        if not self._waiting:
            return
        item, limit = self._waiting.head(), self._worker_tokens
        for record, load in zip(ready, self._loads(ready), strict=True):
            record.held_back = held_back_reason(item, load, limit)

    def _drop_unwanted(self) -> None:
        """Drop the tasks at the head of the queue that nobody waits for."""
        while self._waiting and not self._waiting.head().is_wanted():
            self._waiting.popleft()

    def _take_oversized(self) -> list[tuple[Task, TranslationError]]:
        """Remove tasks at the head of the queue that exceed the memory budget of every worker."""
        budgets = [record.full_budget() for record in self.records if record.state != "failed"]
        oversized = []
        while self._waiting and not any(fits_budget(self._waiting.head(), b) for b in budgets):
            error = TranslationError("no device has the memory for this text")
            oversized.append((self._waiting.popleft(), error))
        return oversized
