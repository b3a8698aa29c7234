"""The thread that owns the queue and the workers. Nothing else changes their state."""

import heapq
import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable, Sequence

from gpu_pool.errors import (
    DeadlineError,
    PoolError,
    QuarantinedError,
    TranslationError,
    UnavailableError,
)
from gpu_pool.events import Event, Restart, Submitted
from gpu_pool.exit_cause import ExitCause
from gpu_pool.messages import Done, Failed, Heartbeat, Ready, Translation, Work
from gpu_pool.monitor import GpuReading
from gpu_pool.scheduler import WorkerLoad, assign, fits_budget, why_not
from gpu_pool.settings import PoolSettings
from gpu_pool.supervisor import Supervisor
from gpu_pool.task import Key, Task
from gpu_pool.work_queue import WorkQueue
from gpu_pool.worker_main import WorkerFactory
from gpu_pool.worker_process import Gone, Received
from gpu_pool.worker_record import WorkerRecord

_log = logging.getLogger(__name__)
_TICK_SECONDS = 0.5  # how late a deadline, a restart or a silence may be noticed

Readings = Callable[[], dict[str, GpuReading]]


class Dispatcher:
    """Receives, reaps, expires, supervises, assigns: one turn of its loop after another."""

    def __init__(
        self,
        devices: Sequence[str],
        factory: WorkerFactory,
        settings: PoolSettings,
        readings: Readings,
    ) -> None:
        """`readings` returns what NVML last said, by normalised UUID."""
        self._settings = settings
        self._readings = readings
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._supervisor = Supervisor(devices, factory, settings, self._events)
        self.records = self._supervisor.records
        self._waiting = WorkQueue()
        self._tasks: dict[int, Task] = {}  # those waiting and those in workers' hands
        self._begun: dict[Key, Task] = {}  # those in workers' hands, by key
        self._deadlines: list[tuple[float, int]] = []
        self._closing_at: float | None = None
        self.crashed = False
        self.has_served = False  # whether a worker has ever been ready
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Spawn the workers and begin to dispatch."""
        self._thread.start()

    def submit(self, tasks: Sequence[Task]) -> None:
        """Put tasks at the end of the queue."""
        self._events.put(Submitted(tasks))
        if self._ended:
            self._refuse(tasks)

    def restart(self, record: WorkerRecord) -> bool:
        """Have a worker replaced; return once its state says so: False where all are stopping."""
        told = threading.Event()
        self._events.put(Restart(record, told))
        if self._ended:
            told.set()
        told.wait()
        return self._closing_at is None and not self._ended

    def close(self) -> None:
        """Stop the workers, end the thread, give up what is unfinished."""
        self._events.put("close")
        self._thread.join()

    def _run(self) -> None:
        try:
            self._supervisor.spawn_all(time.monotonic())
            while self._closing_at is None or self._supervisor.any_running():
                self._turn()
        except Exception as error:  # noqa: BLE001 - it is logged, and told by the status
            # A bug here must not leave callers waiting for ever, nor look like health.
            self.crashed = True
            # Not the message: it may hold user text.
            place = "".join(traceback.format_tb(error.__traceback__))
            _log.critical("the dispatcher died of %s\n%s", type(error).__name__, place)
        self._ended = True
        self._supervisor.discard_all()
        self._give_up()
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, Submitted):
                self._refuse(event.tasks)
            elif isinstance(event, Restart):
                event.told.set()

    def _turn(self) -> None:
        self._receive()
        now = time.monotonic()
        self._expire(now)
        self._supervisor.kill_stuck(now)
        if self._closing_at is None:
            self._supervisor.restart_due(now)
            self._dispatch()
        elif now - self._closing_at > self._settings.stop_grace:
            self._supervisor.kill_all()

    def _receive(self) -> None:
        """Handle all events that have come in; wait a tick where there are none."""
        try:
            self._handle(self._events.get(timeout=_TICK_SECONDS))
            while True:
                self._handle(self._events.get_nowait())
        except queue.Empty:
            return

    def _handle(self, event: Event) -> None:
        match event:
            case Submitted(tasks):
                self._enqueue(tasks)
            case Received(process, message):
                record = self._supervisor.record_of(process)
                if record is not None:
                    self._hear(record, message)
            case Gone(process):
                record = self._supervisor.record_of(process)
                if record is not None:
                    closing = self._closing_at is not None
                    cause = self._supervisor.reap(record, time.monotonic(), closing=closing)
                    self._retry(record.take_back(), cause)
            case Restart(record, told):
                if self._closing_at is None:
                    self._supervisor.restart(record, time.monotonic())
                told.set()
            case "close":
                self._closing_at = time.monotonic()
                self._give_up()
                self._supervisor.stop_all()

    def _enqueue(self, tasks: Sequence[Task]) -> None:
        if self._closing_at is not None:
            self._refuse(tasks)
            return
        for task in tasks:
            self._tasks[task.item.id] = task
            self._waiting.append(task.item)
            if task.deadline is not None:
                heapq.heappush(self._deadlines, (task.deadline, task.item.id))

    def _hear(self, record: WorkerRecord, message: Ready | Heartbeat | Done | Failed) -> None:
        now = time.monotonic()
        match message:
            case Ready():
                record.introduce(message)
                self.has_served = True
            case Heartbeat():
                record.beat(message, now)
            case Failed(reason):
                record.reason, record.cause = reason, ExitCause.CRASH
                if record.process:
                    record.process.kill()  # after a device error even its exit may hang
            case Done(results):
                for result, task in zip(results, record.finish(message), strict=True):
                    if task is not None:
                        failed = TranslationError(result.error or "no translation came back")
                        self._settle(task, result.translation or failed)
        record.heard_at = now

    def _retry(self, tasks: Sequence[Task], cause: ExitCause) -> None:
        """Put the tasks of a dead worker back, first in the queue, or give them up."""
        again = []
        for task in tasks:
            self._leave_hands(task)
            if task.lose(cause):
                message = f"{task.losses} workers died translating this text"
                self._settle(task, QuarantinedError(message))
            else:
                again.append(task.item)
        self._waiting.put_back(again)

    def _expire(self, now: float) -> None:
        while self._deadlines and self._deadlines[0][0] <= now:
            _, number = heapq.heappop(self._deadlines)
            task = self._tasks.get(number)
            if task is not None:
                task.answer(DeadlineError("the deadline passed before the text was translated"))

    def _dispatch(self) -> None:
        self._drop_finished()
        ready = [record for record in self.records if record.state == "ready"]
        if not ready:
            if all(record.state == "failed" for record in self.records):
                self._give_up()
            return
        while self._hand_out(ready):
            pass
        self._refuse_impossible()
        self._explain(ready)

    def _hand_out(self, ready: Sequence[WorkerRecord]) -> bool:
        """Give workers what they can take; tell whether there is room left for more.

        A text that a worker has in hand already is not given out again: it waits for that one.
        """
        merged = False
        work: dict[int, list[Task]] = {}
        loads = self._loads(ready)
        for item, load in assign(self._waiting, loads, self._settings.worker_tokens):
            task = self._tasks[item.id]
            duplicate = self._begun.get(task.key)
            if not task.begin():
                self._forget(task)
            elif duplicate is not None and not item.alone:
                duplicate.duplicates += task.with_duplicates()
                merged = True
            else:
                self._begun.setdefault(task.key, task)
                ready[load.worker].give(task)
                work.setdefault(load.worker, []).append(task)
        for worker, tasks in work.items():
            process = ready[worker].process
            assert process is not None, "a ready worker has a process"
            process.send(Work(tuple((task.item.id, task.segment) for task in tasks)))
        return merged

    def _loads(self, ready: Sequence[WorkerRecord]) -> list[WorkerLoad]:
        readings, margin = self._readings(), self._settings.memory_margin
        return [record.load(i, readings, margin) for i, record in enumerate(ready)]

    def _explain(self, ready: Sequence[WorkerRecord]) -> None:
        """Note for the status why each worker is given nothing more."""
        for record in self.records:
            record.held_back = None  # one that is not ready says why by its state
        for record, load in zip(ready, self._loads(ready), strict=True):
            limit = self._settings.worker_tokens
            record.held_back = why_not(self._waiting.head(), load, limit) if self._waiting else None

    def _drop_finished(self) -> None:
        """Drop from the queue's front what has expired or been cancelled."""
        while self._waiting and self._tasks[self._waiting.head().id].finished():
            self._forget(self._tasks[self._waiting.popleft().id])

    def _refuse_impossible(self) -> None:
        """Refuse a job at the queue's front that no worker could hold even alone."""
        budgets = [record.ceiling() for record in self.records if record.state != "failed"]
        while self._waiting and not any(fits_budget(self._waiting.head(), b) for b in budgets):
            task = self._tasks[self._waiting.popleft().id]
            self._settle(task, TranslationError("no device has the memory for this text"))

    def _settle(self, task: Task, outcome: Translation | PoolError) -> None:
        self._forget(task)
        task.resolve(outcome)

    def _forget(self, task: Task) -> None:
        for one in task.with_duplicates():
            self._tasks.pop(one.item.id, None)
        self._leave_hands(task)

    def _leave_hands(self, task: Task) -> None:
        """Note that no worker has the task in hand any more."""
        if self._begun.get(task.key) is task:
            del self._begun[task.key]

    def _give_up(self) -> None:
        """Refuse every unfinished task; results that still come in find no taker."""
        self._refuse(list(self._tasks.values()))
        self._tasks.clear()
        self._begun.clear()
        self._waiting = WorkQueue()

    def _refuse(self, tasks: Sequence[Task]) -> None:
        for task in tasks:
            task.resolve(UnavailableError("no worker is left to translate this text"))
