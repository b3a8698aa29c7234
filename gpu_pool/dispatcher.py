"""The thread that owns the queue and the workers; no other thread changes their state."""

import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress

from gpu_pool.admission import Admission
from gpu_pool.errors import (
    QuarantinedError,
    TranslationError,
    UnavailableError,
)
from gpu_pool.events import Abandoned, Event, RestartRequested, Submitted
from gpu_pool.exit_cause import ExitCause
from gpu_pool.messages import Done, Failed, FromWorker, Heartbeat, Ready, Work
from gpu_pool.packing import Packed, pack_numbers
from gpu_pool.request import Outcome, Request
from gpu_pool.requests import Requests
from gpu_pool.scheduler import assign, held_back_reason
from gpu_pool.settings import PoolSettings
from gpu_pool.supervisor import Supervisor
from gpu_pool.task import Task
from gpu_pool.work_queue import WorkQueue
from gpu_pool.worker_load import WorkerLoad, fits_budget
from gpu_pool.worker_main import WorkerFactory
from gpu_pool.worker_process import Exited, Received
from gpu_pool.worker_record import Readings, WorkerRecord

_log = logging.getLogger(__name__)
_CLOSED = "no worker is left to translate this text"
_SUPERVISION_SECONDS = 0.02  # not at every event, of which there are thousands a second
_TICK_SECONDS = 0.5  # the longest delay until a deadline, a restart or a silence is noticed


class Dispatcher:
    """Its loop handles events, expires deadlines, supervises the workers and assigns tasks."""

    def __init__(
        self,
        devices: Sequence[str],
        factory: WorkerFactory,
        settings: PoolSettings,
        admission: Admission,
        read_gpus: Callable[[], Readings],
    ) -> None:
        """`read_gpus` returns the latest readings of NVML, by normalised UUID."""
        self._settings = settings
        self._admission = admission
        self._read_gpus = read_gpus
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._supervisor = Supervisor(devices, factory, settings, self._events)
        self.records = self._supervisor.records
        self._waiting: WorkQueue[Task] = WorkQueue()
        self._requests = Requests(admission)
        self._outstanding: dict[bytes, Task] = {}  # those that a worker holds, by payload
        self._closing_at: float | None = None
        self._supervise_at = 0.0
        self.crashed = False
        self.has_served = False  # whether a worker has ever been ready
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Spawn the workers and start to dispatch."""
        self._thread.start()

    def submit(self, request: Request, tasks: Sequence[Task]) -> None:
        """Append tasks of a request to the queue."""
        self._events.put(Submitted(request, tasks))
        if self._ended:
            self._refuse_late_events()

    def abandon(self, request: Request) -> None:
        """Drop what is unfinished of a request."""
        self._events.put(Abandoned(request))
        if self._ended:
            self._refuse_late_events()

    def restart(self, record: WorkerRecord) -> bool:
        """Restart a worker; return once its state has changed, False if the pool is closing."""
        handled = threading.Event()
        self._events.put(RestartRequested(record, handled))
        if self._ended:
            self._refuse_late_events()
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
        self._refuse_late_events()

    def _refuse_late_events(self) -> None:
        """Handle the events that nobody handles once the loop has ended. Any thread may call it."""
        with suppress(queue.Empty):
            while True:
                match self._events.get_nowait():
                    case Submitted(request, tasks):
                        request.recipient.fail(UnavailableError(_CLOSED))
                        self._admission.release(len(tasks), sum(task.tokens for task in tasks))
                    case RestartRequested(_, handled):
                        handled.set()

    def _run_once(self) -> None:
        self._handle_events()
        now = time.monotonic()
        self._requests.expire(now)
        if now >= self._supervise_at:
            self._supervise_at = now + _SUPERVISION_SECONDS
            self._supervisor.kill_unresponsive(now)
            if self._closing_at is None:
                self._supervisor.restart_due(now)
        if self._closing_at is None:
            self._dispatch()  # first: a device must not wait for the delivery of results
        elif now - self._closing_at > self._settings.stop_grace:
            self._supervisor.kill_all()
        self._requests.deliver()

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
            case Submitted(request, tasks):
                self._enqueue(request, tasks)
            case Abandoned(request):
                self._requests.drop(request)
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
            case Done():
                self._keep_results(record, message)
        record.last_message_at = now

    def _keep_results(self, record: WorkerRecord, done: Done) -> None:
        for task, result in zip(record.record_results(done), done.results.unpack(), strict=True):
            if task is not None:
                self._resolve(task, result)

    def _enqueue(self, request: Request, tasks: Sequence[Task]) -> None:
        self._requests.add(request, tasks)
        if self._closing_at is not None:
            self._requests.fail(request, UnavailableError(_CLOSED))
            return
        for task in tasks:
            self._waiting.append(task)

    def _requeue(self, tasks: Sequence[Task], cause: ExitCause) -> None:
        """Put the tasks of a dead worker back at the head of the queue, or quarantine them."""
        retried = []
        for task in tasks:
            self._remove_outstanding(task)
            if task.record_death(cause):
                message = f"{task.deaths} workers died translating this text"
                self._resolve(task, QuarantinedError(message))
            else:
                retried.append(task)
        self._waiting.put_back(retried)

    def _dispatch(self) -> None:
        self._drop_unwanted()
        if not self._waiting:
            self._clear_held_back()
            return
        ready = [record for record in self.records if record.state == "ready"]
        if not ready:
            if all(record.state == "failed" for record in self.records):
                self._fail_all()
            return
        while self._assign_tasks(ready) and self._waiting:
            pass
        self._fail_oversized()
        self._update_held_back(ready)

    def _assign_tasks(self, ready: Sequence[WorkerRecord]) -> bool:
        """Send workers the tasks that they can take; return True if some took no capacity.

        A task whose payload a worker holds already is not sent: it shares the result.
        """
        skipped = False
        work: dict[int, list[Task]] = {}
        for task, load in assign(self._waiting, self._loads(ready), self._settings.worker_tokens):
            original = self._outstanding.get(task.payload)
            if not task.is_wanted():
                skipped = True
            elif original is not None and not task.isolated:
                original.duplicates += (task, *task.duplicates)
                skipped = True
            else:
                self._outstanding.setdefault(task.payload, task)
                work.setdefault(load.worker, []).append(task)
        for worker, tasks in work.items():
            process = ready[worker].process
            assert process is not None, "a ready worker has a process"
            ready[worker].assign_tasks(tasks)
            ids = pack_numbers([task.id for task in tasks])
            process.send(Work(ids, Packed.of([task.payload for task in tasks])))
        return skipped

    def _loads(self, ready: Sequence[WorkerRecord]) -> list[WorkerLoad]:
        readings, margin = self._read_gpus(), self._settings.memory_margin
        return [record.load(i, readings, margin) for i, record in enumerate(ready)]

    def _update_held_back(self, ready: Sequence[WorkerRecord]) -> None:
        """Set for the status why each ready worker cannot take the next waiting task."""
        self._clear_held_back()  # the state of a worker that is not ready says enough
        if not self._waiting:
            return
        item, limit = self._waiting.head(), self._settings.worker_tokens
        for record, load in zip(ready, self._loads(ready), strict=True):
            record.held_back = held_back_reason(item, load, limit)

    def _clear_held_back(self) -> None:
        for record in self.records:
            record.held_back = None

    def _drop_unwanted(self) -> None:
        """Drop the tasks at the head of the queue that nobody waits for."""
        while self._waiting and not self._waiting.head().is_wanted():
            self._waiting.popleft()

    def _fail_oversized(self) -> None:
        """Fail tasks at the head of the queue that exceed the memory budget of every worker."""
        budgets = [record.full_budget() for record in self.records if record.state != "failed"]
        while self._waiting and not any(fits_budget(self._waiting.head(), b) for b in budgets):
            task = self._waiting.popleft()
            self._resolve(task, TranslationError("no device has the memory for this text"))

    def _resolve(self, task: Task, outcome: Outcome) -> None:
        self._remove_outstanding(task)
        self._requests.resolve(task, outcome)

    def _remove_outstanding(self, task: Task) -> None:
        """Record that no worker holds the task any more."""
        if self._outstanding.get(task.payload) is task:
            del self._outstanding[task.payload]

    def _fail_all(self) -> None:
        """Fail every unfinished request; results that arrive later are ignored."""
        self._requests.fail_all(UnavailableError(_CLOSED))
        self._outstanding.clear()
        self._waiting = WorkQueue()
