"""GpuPool: the interface to all workers."""

import atexit
import itertools
import time
from collections.abc import Sequence

from gpu_pool.admission import Admission
from gpu_pool.dispatcher import Dispatcher
from gpu_pool.errors import OverloadedError, UnavailableError, UnknownDeviceError
from gpu_pool.messages import Segment
from gpu_pool.monitor import GpuMonitor
from gpu_pool.request import Recipient, Request
from gpu_pool.session import LocalSession, Mailbox
from gpu_pool.settings import PoolSettings
from gpu_pool.status import PoolState, PoolStatus
from gpu_pool.task import Task
from gpu_pool.worker_main import WorkerFactory


class GpuPool:
    """One worker process per device, and one queue for all. Any thread may call any method."""

    def __init__(
        self,
        devices: Sequence[str],
        factory: WorkerFactory,
        settings: PoolSettings | None = None,
        monitor: GpuMonitor | None = None,
    ) -> None:
        """`factory` is pickled and called in each worker, with its device. Starts nothing yet."""
        # Without GPUs there is nothing to monitor, and a missing NVML is not an error.
        self._monitoring = monitor is not None or any(name.startswith("cuda") for name in devices)
        self._monitor = monitor or GpuMonitor()
        settings = settings or PoolSettings()
        self._admission = Admission(settings)
        self._dispatcher = Dispatcher(
            devices, factory, settings, self._admission, self._monitor.snapshot
        )
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
        self, timeout: float | None = None, client: str = "", *, bulk: bool = False
    ) -> LocalSession:
        """Return a session for the work of one request; `timeout` is in seconds from now.

        Clients take turns, so no client waits behind all the work of another; interactive work
        goes before `bulk` work. Equal payloads that are unfinished at the same time are decoded
        once, whichever sessions they belong to. Every segment has an outcome.
        """
        mailbox = Mailbox()
        return LocalSession(self, mailbox, self.make_request(mailbox, timeout, client, bulk=bulk))

    def make_request(
        self, recipient: Recipient, timeout: float | None, client: str, *, bulk: bool
    ) -> Request:
        """Return a request whose results `recipient` receives."""
        deadline = None if timeout is None else time.monotonic() + timeout
        return Request(next(self._request_ids), recipient, client, bulk, deadline)

    def accept(
        self, request: Request, segments: Sequence[tuple[int, Segment]], *, first: bool
    ) -> None:
        """Accept segments of a request, all or none.

        Raises OverloadedError and UnavailableError; the former only for the `first` segments.
        """
        if first and self._state() in ("loading", "dead") and not self._recovering():
            raise UnavailableError("no worker is ready")
        ids, now = self._ids, time.monotonic()
        tasks = [Task.of(next(ids), key, segment, request, now) for key, segment in segments]
        tokens = sum([task.tokens for task in tasks])
        if not self._admission.admit(len(tasks), tokens, always=not first):
            raise OverloadedError(self._retry_after())
        self._dispatcher.submit(request, tasks)

    def abandon(self, request: Request) -> None:
        """Drop what is unfinished of a request; nobody waits for it any more."""
        self._dispatcher.abandon(request)

    def status(self) -> PoolStatus:
        """Return the state of the pool and its workers; never blocks."""
        readings = self._monitor.snapshot()
        error = self._monitor.error
        workers = tuple(record.status(readings, error) for record in self._dispatcher.records)
        outstanding = sum(worker.outstanding_segments for worker in workers)
        outstanding_tokens = sum(worker.outstanding_tokens for worker in workers)
        return PoolStatus(
            self._state(),
            workers,
            max(0, self._admission.segments - outstanding),
            max(0, self._admission.tokens - outstanding_tokens),
        )

    def restart(self, device: str) -> None:
        """Replace the worker of a device by a new one without losing its outstanding work.

        The worker gets no more work, finishes its outstanding segments and exits. If it has not
        exited after `hang_timeout`, it is killed and its segments are translated again. A worker
        that has failed or is in backoff starts at once. Returns as soon as the worker's state has
        changed. Raises UnknownDeviceError, and UnavailableError if the pool is draining or closed.
        """
        record = next(
            (record for record in self._dispatcher.records if record.device == device), None
        )
        if record is None:
            devices = ", ".join(record.device for record in self._dispatcher.records)
            raise UnknownDeviceError(f"the devices are {devices}")
        if self._admission.closed or not self._dispatcher.restart(record):
            raise UnavailableError("the pool is shutting down")

    def drain(self, timeout: float) -> bool:
        """Refuse new work and finish the accepted work; return False after `timeout` seconds."""
        self._admission.close()
        return self._admission.wait_empty(timeout)

    def close(self) -> None:
        """Stop the workers and fail unfinished segments with UnavailableError."""
        self._admission.close()
        atexit.unregister(self.close)
        if not self._closed:
            self._closed = True
            self._dispatcher.close()
            if self._monitoring:
                self._monitor.close()

    def _state(self) -> PoolState:
        states = [record.state for record in self._dispatcher.records]
        ready = states.count("ready")
        if self._dispatcher.crashed or all(state == "failed" for state in states):
            return "dead"
        if self._admission.closed:
            return "draining"
        if ready == len(states):
            return "ok"
        return "degraded" if ready else "loading"

    def _recovering(self) -> bool:
        """Return True if workers that have served are being restarted: work may wait for them."""
        states = {record.state for record in self._dispatcher.records}
        return self._dispatcher.has_served and not self._dispatcher.crashed and states != {"failed"}

    def _retry_after(self) -> float:
        """Return the estimated seconds until all accepted work is finished."""
        speeds = [record.speed for record in self._dispatcher.records if record.speed]
        return max(1.0, self._admission.tokens / sum(speeds)) if speeds else 1.0
