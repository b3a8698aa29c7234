"""GpuPool: the interface to all workers of all models."""

import atexit
import itertools
import time
from collections.abc import Sequence
from typing import Any

from gpu_pool.admission import Admission
from gpu_pool.dispatcher import Dispatcher
from gpu_pool.errors import OverloadedError, UnavailableError, UnknownDeviceError
from gpu_pool.event_queue import EventQueue
from gpu_pool.messages import Segment
from gpu_pool.model_spec import ModelSpec
from gpu_pool.monitor import GpuMonitor
from gpu_pool.request import Recipient, Request
from gpu_pool.session import LocalSession, Mailbox
from gpu_pool.settings import PoolSettings
from gpu_pool.status import ModelStatus, PoolState, PoolStatus, WorkerStatus
from gpu_pool.task import Task


class GpuPool:
    """For each model a worker process per device, and a queue. Any thread may call any method."""

    def __init__(
        self,
        models: Sequence[ModelSpec],
        settings: PoolSettings | None = None,
        monitor: GpuMonitor | None = None,
    ) -> None:
        """The first model serves requests that name none. Starts nothing yet."""
        devices = [device for model in models for device in model.devices]
        # Without GPUs there is nothing to monitor, and a missing NVML is not an error.
        self._monitoring = monitor is not None or any(name.startswith("cuda") for name in devices)
        self._monitor = monitor or GpuMonitor()
        settings = settings or PoolSettings()
        self._default = models[0].name
        self._admissions = {model.name: Admission(settings) for model in models}
        self._dispatcher = Dispatcher(models, settings, self._admissions, self._monitor.snapshot)
        self._ids = itertools.count()
        self._request_ids = itertools.count()
        self._closed = False

    def start(self) -> None:
        """Start the workers; returns at once, they load in the background."""
        # Workers ignore SIGTERM, so at exit multiprocessing would wait for them for ever.
        atexit.register(self.close)
        if self._monitoring:
            self._monitor.start()
        self._dispatcher.start()

    def open(
        self,
        timeout: float | None = None,
        client: str = "",
        *,
        bulk: bool = False,
        model: str | None = None,
    ) -> LocalSession:
        """Return a session for the work of one request; `timeout` is in seconds from now.

        A `model` of None is the first one.

        Clients take turns, so no client waits behind all the work of another; interactive work
        goes before `bulk` work. Equal payloads that are unfinished at the same time are decoded
        once, whichever sessions they belong to. Every segment has an outcome.
        """
        mailbox = Mailbox()
        made = self.make_request(mailbox, timeout, client, bulk=bulk, model=model)
        return LocalSession(self, mailbox, made)

    def make_request(
        self,
        recipient: Recipient,
        timeout: float | None,
        client: str,
        *,
        bulk: bool,
        model: str | None,
    ) -> Request:
        """Return a request whose results `recipient` receives."""
        deadline = None if timeout is None else time.monotonic() + timeout
        number = next(self._request_ids)
        return Request(number, recipient, model or self._default, client, bulk, deadline)

    def accept(
        self, request: Request, segments: Sequence[tuple[int, Segment]], *, first: bool
    ) -> None:
        """Accept segments of a request, all or none.

        Raises OverloadedError and UnavailableError; the former only for the `first` segments.
        """
        model, admission = request.model, self._admissions[request.model]
        if first and self._state(model) in ("loading", "dead") and not self._recovering(model):
            raise UnavailableError("no worker is ready")
        ids, now = self._ids, time.monotonic()
        tasks = [Task.of(next(ids), key, segment, request, now) for key, segment in segments]
        tokens = sum([task.tokens for task in tasks])
        if not admission.admit(len(tasks), tokens, always=not first):
            raise OverloadedError(self._retry_after(model))
        self._dispatcher.submit(request, tasks)

    @property
    def events(self) -> EventQueue[Any]:
        """What the pool's thread waits for; it reads links to fronts, too."""
        return self._dispatcher.events

    def abandon(self, request: Request) -> None:
        """Drop what is unfinished of a request; nobody waits for it any more."""
        self._dispatcher.abandon(request)

    def status(self) -> PoolStatus:
        """Return the state of the pool and its workers; never blocks."""
        readings = self._monitor.snapshot()
        error = self._monitor.error
        workers = tuple(record.status(readings, error) for record in self._dispatcher.records)
        models = tuple(self._model_status(name, workers) for name in self._admissions)
        return PoolStatus(self._state_of_all(models), workers, models)

    def restart(self, worker: str) -> None:
        """Replace a worker, or all of a device, by new ones without losing outstanding work.

        `worker` is the label of a worker or the name of a device. Such a worker gets no more work,
        finishes its outstanding segments and exits. If it has not exited after `hang_timeout`, it
        is killed and its segments are translated again. A worker that has failed or is in backoff
        starts at once. Returns as soon as the state has changed. Raises UnknownDeviceError, and
        UnavailableError if the pool is draining or closed.
        """
        records = self._dispatcher.records
        named = [record for record in records if worker in (record.label, record.device)]
        if not named:
            raise UnknownDeviceError(f"the workers are {', '.join(each.label for each in records)}")
        if self._closing or not all(self._dispatcher.restart(record) for record in named):
            raise UnavailableError("the pool is shutting down")

    def drain(self, timeout: float) -> bool:
        """Refuse new work and finish the accepted work; return False after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        self._refuse()
        return all(
            admission.wait_empty(max(0.0, deadline - time.monotonic()))
            for admission in self._admissions.values()
        )

    def close(self) -> None:
        """Stop the workers and fail unfinished segments with UnavailableError."""
        self._refuse()
        atexit.unregister(self.close)
        if not self._closed:
            self._closed = True
            self._dispatcher.close()
            if self._monitoring:
                self._monitor.close()

    @property
    def _closing(self) -> bool:
        return any(admission.closed for admission in self._admissions.values())

    def _refuse(self) -> None:
        for admission in self._admissions.values():
            admission.close()

    def _model_status(self, name: str, workers: Sequence[WorkerStatus]) -> ModelStatus:
        admission, own = self._admissions[name], [each for each in workers if each.model == name]
        outstanding = sum(worker.outstanding_segments for worker in own)
        tokens = sum(worker.outstanding_tokens for worker in own)
        return ModelStatus(
            name,
            self._state(name),
            max(0, admission.segments - outstanding),
            max(0, admission.tokens - tokens),
        )

    def _state(self, model: str) -> PoolState:
        states = [each.state for each in self._dispatcher.records if each.model == model]
        ready = states.count("ready")
        if self._dispatcher.crashed or all(state == "failed" for state in states):
            return "dead"
        if self._closing:
            return "draining"
        if ready == len(states):
            return "ok"
        return "degraded" if ready else "loading"

    def _state_of_all(self, models: Sequence[ModelStatus]) -> PoolState:
        """Return the state of the pool; it loads until each model that can has been served."""
        states = {model.state for model in models}
        if len(states) == 1:
            return models[0].state
        served = self._dispatcher.served
        if any(model.state == "loading" and model.name not in served for model in models):
            return "loading"
        return "draining" if "draining" in states else "degraded"

    def _recovering(self, model: str) -> bool:
        """Return True if workers that have served are being restarted: work may wait for them."""
        dispatcher = self._dispatcher
        states = {each.state for each in dispatcher.records if each.model == model}
        return model in dispatcher.served and not dispatcher.crashed and states != {"failed"}

    def _retry_after(self, model: str) -> float:
        """Return the estimated seconds until all accepted work for a model is finished."""
        records = self._dispatcher.records
        speeds = [each.speed for each in records if each.speed and each.model == model]
        return max(1.0, self._admissions[model].tokens / sum(speeds)) if speeds else 1.0
