"""GpuPool: what the server sees of the workers."""

import atexit
import itertools
import time
from collections.abc import Sequence
from concurrent.futures import Future

from gpu_pool.admission import Admission
from gpu_pool.dispatcher import Dispatcher
from gpu_pool.errors import OverloadedError, UnavailableError, UnknownDeviceError
from gpu_pool.messages import Segment, Translation
from gpu_pool.monitor import GpuMonitor
from gpu_pool.scheduler import WorkItem
from gpu_pool.settings import PoolSettings
from gpu_pool.status import PoolState, PoolStatus
from gpu_pool.task import Task
from gpu_pool.worker_main import WorkerFactory


class GpuPool:
    """One worker process a device, one queue in front of them. Any thread may call any method."""

    def __init__(
        self,
        devices: Sequence[str],
        factory: WorkerFactory,
        settings: PoolSettings | None = None,
        monitor: GpuMonitor | None = None,
    ) -> None:
        """`factory` is pickled and called in each worker, with its device. Starts nothing yet."""
        # Without GPUs there is nothing to watch, and no NVML to be missed.
        self._watching = monitor is not None or any(name.startswith("cuda") for name in devices)
        self._monitor = monitor or GpuMonitor()
        settings = settings or PoolSettings()
        self._admission = Admission(settings)
        self._dispatcher = Dispatcher(devices, factory, settings, self._monitor.snapshot)
        self._numbers = itertools.count()
        self._closed = False

    def start(self) -> None:
        """Start the workers; returns at once, they load in the background."""
        # Workers ignore SIGTERM, so that at exit multiprocessing would wait for them for ever.
        atexit.register(self.close)
        if self._watching:
            self._monitor.start()
        self._dispatcher.start()

    def submit(
        self,
        segments: Sequence[Segment],
        timeout: float | None = None,
        client: str = "",
        *,
        bulk: bool = False,
    ) -> list["Future[Translation]"]:
        """Accept segments, all or none; return the future translation of each.

        Clients take turns, so that none waits behind another's flood; `bulk` work lets what is
        not bulk go first. The same text is not translated twice at a time, whoever asks.
        Every future resolves: with the translation, or DeadlineError after `timeout` seconds,
        QuarantinedError, TranslationError, or UnavailableError. Cancelling a future drops a
        segment that waits. Raises OverloadedError and UnavailableError at once.
        """
        if self._state() in ("loading", "dead") and not self._coming_back():
            raise UnavailableError("no worker is ready")
        deadline = None if timeout is None else time.monotonic() + timeout
        tasks = [
            Task(
                WorkItem(next(self._numbers), segment.tokens, segment.memory, client, bulk),
                segment,
                deadline,
            )
            for segment in segments
        ]
        admitted = self._admission.admit(tasks)
        if admitted is None:
            raise UnavailableError("the server is shutting down")
        if not admitted:
            raise OverloadedError(self._retry_after())
        self._dispatcher.submit(tasks)
        return [task.future for task in tasks]

    def status(self) -> PoolStatus:
        """Return the state of the pool and its workers; waits for nothing."""
        readings = self._monitor.snapshot()
        error = self._monitor.error
        workers = tuple(record.status(readings, error) for record in self._dispatcher.records)
        held = sum(worker.outstanding_segments for worker in workers)
        held_tokens = sum(worker.outstanding_tokens for worker in workers)
        return PoolStatus(
            self._state(),
            workers,
            max(0, self._admission.segments - held),
            max(0, self._admission.tokens - held_tokens),
        )

    def restart(self, device: str) -> None:
        """Replace the worker of a device by a new one, at no cost to what it has in hand.

        It gets no more work, finishes what it holds and leaves; one that has not done so in
        `hang_timeout` is killed, and its work done again. One that failed, or waits after a
        death, starts at once. Returns as soon as the row of the worker says so. Raises
        UnknownDeviceError, and UnavailableError where the pool is draining or closed.
        """
        record = next(
            (record for record in self._dispatcher.records if record.device == device), None
        )
        if record is None:
            devices = ", ".join(record.device for record in self._dispatcher.records)
            raise UnknownDeviceError(f"the devices are {devices}")
        if self._admission.closed or not self._dispatcher.restart(record):
            raise UnavailableError("the workers are being stopped for good")

    def drain(self, timeout: float) -> bool:
        """Refuse new work and wait for the accepted; False if `timeout` seconds did not do."""
        self._admission.close()
        return self._admission.wait_empty(timeout)

    def close(self) -> None:
        """Stop the workers and resolve what is unfinished with UnavailableError."""
        self._admission.close()
        atexit.unregister(self.close)
        if not self._closed:
            self._closed = True
            self._dispatcher.close()
            if self._watching:
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

    def _coming_back(self) -> bool:
        """Tell whether workers that served are being restarted: work may wait for them."""
        states = {record.state for record in self._dispatcher.records}
        return self._dispatcher.has_served and not self._dispatcher.crashed and states != {"failed"}

    def _retry_after(self) -> float:
        """Return the seconds in which the workers should be through with what is accepted."""
        speeds = [record.speed for record in self._dispatcher.records if record.speed]
        return max(1.0, self._admission.tokens / sum(speeds)) if speeds else 1.0
