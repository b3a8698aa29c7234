"""The thread that owns the queues and the workers; no other thread changes their state."""

import logging
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence

from gpu_pool.admission import Admission
from gpu_pool.errors import QuarantinedError, UnavailableError
from gpu_pool.event_queue import EventQueue
from gpu_pool.events import Abandoned, Event, RestartRequested, Submitted
from gpu_pool.exit_cause import ExitCause
from gpu_pool.messages import Done, Failed, FromWorker, Heartbeat, Ready
from gpu_pool.model_queue import ModelQueue
from gpu_pool.model_spec import ModelSpec
from gpu_pool.request import Outcome, Request
from gpu_pool.requests import Requests
from gpu_pool.settings import PoolSettings
from gpu_pool.supervisor import Supervisor
from gpu_pool.task import Task
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
        models: Sequence[ModelSpec],
        settings: PoolSettings,
        admissions: Mapping[str, Admission],
        read_gpus: Callable[[], Readings],
    ) -> None:
        """`admissions` are by model; `read_gpus` returns the latest readings by normalised UUID."""
        self._settings = settings
        self._admissions = admissions
        self.events: EventQueue[Event] = EventQueue()
        self._supervisor = Supervisor(models, settings, self.events)
        self.records = self._supervisor.records
        self._queues = _make_queues(models, self.records, settings, read_gpus)
        self._requests = Requests(admissions)
        self._closing_at: float | None = None
        self._supervise_at = 0.0
        self.crashed = False
        self.served: frozenset[str] = frozenset()  # the models of which a worker has been ready
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Spawn the workers and start to dispatch."""
        self.events.open()
        self._thread.start()

    def submit(self, request: Request, tasks: Sequence[Task]) -> None:
        """Append tasks of a request to the queue."""
        self.events.put(Submitted(request, tasks))
        if self._ended:
            self._refuse_late_events()

    def abandon(self, request: Request) -> None:
        """Drop what is unfinished of a request."""
        self.events.put(Abandoned(request))
        if self._ended:
            self._refuse_late_events()

    def restart(self, record: WorkerRecord) -> bool:
        """Restart a worker; return once its state has changed, False if the pool is closing."""
        handled = threading.Event()
        self.events.put(RestartRequested(record, handled))
        if self._ended:
            self._refuse_late_events()
        handled.wait()
        return self._closing_at is None and not self._ended

    def close(self) -> None:
        """Stop the workers, fail the unfinished tasks and end the thread."""
        self.events.put("close")
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
        while self._closing_at is None:  # after a crash: fronts still ask for the status
            self.events.wait(_TICK_SECONDS)
            self._refuse_late_events()
        self.events.close()
        self._refuse_late_events()

    def _refuse_late_events(self) -> None:
        """Handle the events that nobody handles once the loop has ended. Any thread may call it."""
        while (event := self.events.pop()) is not None:
            match event:
                case Submitted(request, tasks):
                    request.recipient.fail(UnavailableError(_CLOSED))
                    admission = self._admissions[request.model]
                    admission.release(len(tasks), sum(task.tokens for task in tasks))
                case RestartRequested(_, handled):
                    handled.set()
                case "close":
                    self._closing_at = time.monotonic()

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
        self.events.wait(_TICK_SECONDS)
        while (event := self.events.pop()) is not None:
            self._handle_event(event)

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
                    self._requeue(record, cause)
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
                self.served |= {record.model}
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
        tasks = self._queues[record.model]
        for task, result in zip(record.record_results(done), done.results.unpack(), strict=True):
            if task is not None:
                tasks.forget(task)
                self._requests.resolve(task, result)

    def _enqueue(self, request: Request, tasks: Sequence[Task]) -> None:
        self._requests.add(request, tasks)
        if self._closing_at is not None:
            self._requests.fail(request, UnavailableError(_CLOSED))
            return
        self._queues[request.model].extend(tasks)

    def _requeue(self, record: WorkerRecord, cause: ExitCause) -> None:
        """Put the tasks of a dead worker back at the head of the queue, or quarantine them."""
        tasks, retried = self._queues[record.model], []
        for task in record.return_tasks():
            tasks.forget(task)
            if task.record_death(cause):
                message = f"{task.deaths} workers died translating this text"
                self._resolve(task, QuarantinedError(message))
            else:
                retried.append(task)
        tasks.put_back(retried)

    def _dispatch(self) -> None:
        for model, tasks in self._queues.items():
            for task, error in tasks.dispatch():
                self._resolve(task, error)
            if tasks.is_hopeless:
                tasks.clear()
                self._requests.fail_all(UnavailableError(_CLOSED), model)

    def _resolve(self, task: Task, outcome: Outcome) -> None:
        self._queues[task.request.model].forget(task)
        self._requests.resolve(task, outcome)

    def _fail_all(self) -> None:
        """Fail every unfinished request; results that arrive later are ignored."""
        self._requests.fail_all(UnavailableError(_CLOSED))
        for tasks in self._queues.values():
            tasks.clear()


def _make_queues(
    models: Sequence[ModelSpec],
    records: Sequence[WorkerRecord],
    settings: PoolSettings,
    read_gpus: Callable[[], Readings],
) -> dict[str, ModelQueue]:
    """Return the queue of each model, by its name."""
    queues = {}
    for model in models:
        neighbours: dict[str, list[WorkerRecord]] = {}
        for record in records:
            if record.model != model.name:
                for device in record.device.split("+"):
                    neighbours.setdefault(device, []).append(record)
        queues[model.name] = ModelQueue(
            [record for record in records if record.model == model.name],
            model.worker_tokens,
            settings.memory_margin,
            read_gpus,
            neighbours,
        )
    return queues
