"""The thread that owns the queue and the workers; no other thread changes their state."""

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
from gpu_pool.events import Event, RestartRequested, Submitted
from gpu_pool.exit_cause import ExitCause
from gpu_pool.messages import Done, Failed, FromWorker, Heartbeat, Ready, Translation, Work
from gpu_pool.scheduler import assign, held_back_reason
from gpu_pool.settings import PoolSettings
from gpu_pool.supervisor import Supervisor
from gpu_pool.task import Key, Task
from gpu_pool.work_queue import WorkQueue
from gpu_pool.worker_load import WorkerLoad, fits_budget
from gpu_pool.worker_main import WorkerFactory
from gpu_pool.worker_process import Exited, Received
from gpu_pool.worker_record import Readings, WorkerRecord

_log = logging.getLogger(__name__)
_TICK_SECONDS = 0.5  # the longest delay until a deadline, a restart or a silence is noticed


class Dispatcher:
    """Its loop handles events, expires deadlines, supervises the workers and assigns tasks."""

    def __init__(
        self,
        devices: Sequence[str],
        factory: WorkerFactory,
        settings: PoolSettings,
        read_gpus: Callable[[], Readings],
    ) -> None:
        """`read_gpus` returns the latest readings of NVML, by normalised UUID."""
        self._settings = settings
        self._read_gpus = read_gpus
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._supervisor = Supervisor(devices, factory, settings, self._events)
        self.records = self._supervisor.records
        self._waiting = WorkQueue()
        self._tasks: dict[int, Task] = {}  # all unfinished ones, waiting or outstanding
        self._outstanding: dict[Key, Task] = {}  # those that a worker holds, by key
        self._deadlines: list[tuple[float, int]] = []
        self._closing_at: float | None = None
        self.crashed = False
        self.has_served = False  # whether a worker has ever been ready
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Spawn the workers and start to dispatch."""
        self._thread.start()

    def submit(self, tasks: Sequence[Task]) -> None:
        """Append tasks to the queue."""
        self._events.put(Submitted(tasks))
        if self._ended:
            self._fail_unavailable(tasks)

    def restart(self, record: WorkerRecord) -> bool:
        """Restart a worker; return once its state has changed, False if the pool is closing."""
        handled = threading.Event()
        self._events.put(RestartRequested(record, handled))
        if self._ended:
            handled.set()
        handled.wait()
        return self._closing_at is None and not self._ended

    def close(self) -> None:
        """Stop the workers, fail the unfinished tasks and end the thread."""
        self._events.put("close")
        self._thread.join()

    def _run(self) -> None:
        try:
            self._supervisor.spawn_all(time.monotonic())
            while self._closing_at is None or self._supervisor.any_running():
                self._run_once()
        except Exception as error:  # noqa: BLE001 - it is logged, and shown in the status
            # A bug here must neither leave callers waiting for ever nor go unnoticed.
            self.crashed = True
            # Not the message: it may contain user text.
            place = "".join(traceback.format_tb(error.__traceback__))
            _log.critical("the dispatcher crashed with %s\n%s", type(error).__name__, place)
        self._ended = True
        self._supervisor.discard_all()
        self._fail_all()
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, Submitted):
                self._fail_unavailable(event.tasks)
            elif isinstance(event, RestartRequested):
                event.handled.set()

    def _run_once(self) -> None:
        self._handle_events()
        now = time.monotonic()
        self._expire_deadlines(now)
        self._supervisor.kill_unresponsive(now)
        if self._closing_at is None:
            self._supervisor.restart_due(now)
            self._dispatch()
        elif now - self._closing_at > self._settings.stop_grace:
            self._supervisor.kill_all()

    def _handle_events(self) -> None:
        """Handle all pending events; wait up to a tick if there are none."""
        try:
            self._handle_event(self._events.get(timeout=_TICK_SECONDS))
            while True:
                self._handle_event(self._events.get_nowait())
        except queue.Empty:
            return

    def _handle_event(self, event: Event) -> None:
        match event:
            case Submitted(tasks):
                self._enqueue(tasks)
            case Received(process, message):
                record = self._supervisor.find_record(process)
                if record is not None:
                    self._handle_message(record, message)
            case Exited(process):
                record = self._supervisor.find_record(process)
                if record is not None:
                    closing = self._closing_at is not None
                    cause = self._supervisor.reap(record, time.monotonic(), closing=closing)
                    self._requeue(record.return_tasks(), cause)
            case RestartRequested(record, handled):
                if self._closing_at is None:
                    self._supervisor.restart(record, time.monotonic())
                handled.set()
            case "close":
                self._closing_at = time.monotonic()
                self._fail_all()
                self._supervisor.stop_all()

    def _handle_message(self, record: WorkerRecord, message: FromWorker) -> None:
        now = time.monotonic()
        match message:
            case Ready():
                record.on_ready(message)
                self.has_served = True
            case Heartbeat():
                record.on_heartbeat(message, now)
            case Failed(reason):
                record.exit_reason, record.exit_cause = reason, ExitCause.CRASH
                if record.process:
                    record.process.kill()  # after a device error even exiting may hang
            case Done(results):
                for result, task in zip(results, record.record_results(message), strict=True):
                    if task is not None:
                        failed = TranslationError(result.error or "the worker returned no text")
                        self._resolve(task, result.translation or failed)
        record.last_message_at = now

    def _enqueue(self, tasks: Sequence[Task]) -> None:
        if self._closing_at is not None:
            self._fail_unavailable(tasks)
            return
        for task in tasks:
            self._tasks[task.item.id] = task
            self._waiting.append(task.item)
            if task.deadline is not None:
                heapq.heappush(self._deadlines, (task.deadline, task.item.id))

    def _requeue(self, tasks: Sequence[Task], cause: ExitCause) -> None:
        """Put the tasks of a dead worker back at the head of the queue, or quarantine them."""
        retried = []
        for task in tasks:
            self._remove_outstanding(task)
            if task.record_death(cause):
                message = f"{task.deaths} workers died translating this text"
                self._resolve(task, QuarantinedError(message))
            else:
                retried.append(task.item)
        self._waiting.put_back(retried)

    def _expire_deadlines(self, now: float) -> None:
        while self._deadlines and self._deadlines[0][0] <= now:
            _, number = heapq.heappop(self._deadlines)
            task = self._tasks.get(number)
            if task is not None:
                error = DeadlineError("the deadline passed before the text was translated")
                task.resolve_self(error)

    def _dispatch(self) -> None:
        self._drop_done()
        ready = [record for record in self.records if record.state == "ready"]
        if not ready:
            if all(record.state == "failed" for record in self.records):
                self._fail_all()
            return
        while self._assign_tasks(ready):
            pass
        self._fail_oversized()
        self._update_held_back(ready)

    def _assign_tasks(self, ready: Sequence[WorkerRecord]) -> bool:
        """Send workers the tasks that they can take; return True if duplicates left capacity.

        A task whose text a worker holds already is not sent: it shares the result.
        """
        merged = False
        work: dict[int, list[Task]] = {}
        loads = self._loads(ready)
        for item, load in assign(self._waiting, loads, self._settings.worker_tokens):
            task = self._tasks[item.id]
            original = self._outstanding.get(task.key)
            if not task.start():
                self._forget(task)
            elif original is not None and not item.isolated:
                original.duplicates += task.with_duplicates()
                merged = True
            else:
                self._outstanding.setdefault(task.key, task)
                ready[load.worker].assign_task(task)
                work.setdefault(load.worker, []).append(task)
        for worker, tasks in work.items():
            process = ready[worker].process
            assert process is not None, "a ready worker has a process"
            process.send(Work(tuple((task.item.id, task.segment) for task in tasks)))
        return merged

    def _loads(self, ready: Sequence[WorkerRecord]) -> list[WorkerLoad]:
        readings, margin = self._read_gpus(), self._settings.memory_margin
        return [record.load(i, readings, margin) for i, record in enumerate(ready)]

    def _update_held_back(self, ready: Sequence[WorkerRecord]) -> None:
        """Set for the status why each ready worker cannot take the next waiting task."""
        for record in self.records:
            record.held_back = None  # the state of a worker that is not ready says enough
        if not self._waiting:
            return
        item, limit = self._waiting.head(), self._settings.worker_tokens
        for record, load in zip(ready, self._loads(ready), strict=True):
            record.held_back = held_back_reason(item, load, limit)

    def _drop_done(self) -> None:
        """Drop expired and cancelled tasks from the head of the queue."""
        while self._waiting and self._tasks[self._waiting.head().id].is_done():
            self._forget(self._tasks[self._waiting.popleft().id])

    def _fail_oversized(self) -> None:
        """Fail tasks at the head of the queue that exceed the memory budget of every worker."""
        budgets = [record.full_budget() for record in self.records if record.state != "failed"]
        while self._waiting and not any(fits_budget(self._waiting.head(), b) for b in budgets):
            task = self._tasks[self._waiting.popleft().id]
            self._resolve(task, TranslationError("no device has the memory for this text"))

    def _resolve(self, task: Task, outcome: Translation | PoolError) -> None:
        self._forget(task)
        task.resolve(outcome)

    def _forget(self, task: Task) -> None:
        for each in task.with_duplicates():
            self._tasks.pop(each.item.id, None)
        self._remove_outstanding(task)

    def _remove_outstanding(self, task: Task) -> None:
        """Record that no worker holds the task any more."""
        if self._outstanding.get(task.key) is task:
            del self._outstanding[task.key]

    def _fail_all(self) -> None:
        """Fail every unfinished task; results that arrive later are ignored."""
        self._fail_unavailable(list(self._tasks.values()))
        self._tasks.clear()
        self._outstanding.clear()
        self._waiting = WorkQueue()

    def _fail_unavailable(self, tasks: Sequence[Task]) -> None:
        for task in tasks:
            task.resolve(UnavailableError("no worker is left to translate this text"))
