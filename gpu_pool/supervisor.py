"""Keeps the workers alive: spawn, readiness, silence, death, restart."""

import logging
from collections.abc import Sequence
from queue import SimpleQueue
from typing import Any

from gpu_pool.exit_cause import ExitCause, cause_of_exit, cause_of_silence
from gpu_pool.messages import Stop
from gpu_pool.settings import PoolSettings
from gpu_pool.worker_main import WorkerFactory
from gpu_pool.worker_process import WorkerProcess
from gpu_pool.worker_record import WorkerRecord

_log = logging.getLogger(__name__)
_MAX_DOUBLINGS = 32  # beyond any useful `backoff_max`; a float ends at 1023


class Supervisor:
    """Used by the dispatcher's thread alone. `now` is on the monotonic clock, in seconds."""

    def __init__(
        self,
        devices: Sequence[str],
        factory: WorkerFactory,
        settings: PoolSettings,
        events: "SimpleQueue[Any]",
    ) -> None:
        """Workers report to `events`."""
        self._factory = factory
        self._settings = settings
        self._events = events
        self.records = tuple(WorkerRecord(device) for device in devices)

    def spawn_all(self, now: float) -> None:
        """Start a worker on every device."""
        for record in self.records:
            self._spawn(record, now)

    def record_of(self, process: WorkerProcess) -> WorkerRecord | None:
        """Return the place of a process; None for one that has been replaced."""
        return next((record for record in self.records if record.process is process), None)

    def any_running(self) -> bool:
        """Tell whether a worker process is left."""
        return any(record.process for record in self.records)

    def reap(self, record: WorkerRecord, now: float, *, closing: bool) -> ExitCause:
        """Clear away a worker that is gone; spawn the next, or set the time for that.

        Returns why it died.
        """
        process = record.process
        assert process is not None, "only a worker that runs can be reaped"
        process.discard()
        record.process = None
        cause = record.cause or cause_of_exit(process.exitcode)
        error = record.reason or f"the worker ended with exit code {process.exitcode}"
        if closing:
            record.state = "stopped"
        elif record.state == "restarting":
            if record.outstanding:  # else it left as it was asked to, whatever its exit code
                record.last_error = error
                _log.warning("%s died before it could restart (%s)", record.device, error)
            self._respawn(record, now)
        else:
            self._back_off(record, error, now)
        return cause

    def _back_off(self, record: WorkerRecord, error: str, now: float) -> None:
        record.failures += 1
        record.load_failures = record.load_failures + 1 if record.state == "starting" else 0
        record.last_error = error
        if record.load_failures >= self._settings.max_load_failures:
            record.state = "failed"
            _log.error(
                "%s failed %d times to load: %s", record.device, record.failures, record.last_error
            )
            return
        wait = self._settings.backoff_initial * 2 ** min(record.failures - 1, _MAX_DOUBLINGS)
        wait = min(wait, self._settings.backoff_max)
        record.state, record.retry_at = "backoff", now + wait
        _log.warning("%s died (%s); restart in %.1f s", record.device, record.last_error, wait)

    def kill_stuck(self, now: float) -> None:
        """Kill workers that are silent, or slow to leave, for longer than the settings allow."""
        self._kill_overdue(now)
        for record in self.records:
            starting = record.state == "starting"
            limit = self._settings.startup_timeout if starting else self._settings.hang_timeout
            if (
                record.process
                and record.state in ("starting", "ready")
                and now - record.heard_at > limit
            ):
                record.reason = f"silent for {limit:g} s; killed"
                record.heard_at = now
                record.cause = cause_of_silence(record.process.pid)
                record.process.kill()

    def restart_due(self, now: float) -> None:
        """Spawn again where the wait after a death is over."""
        for record in self.records:
            if record.state == "backoff" and now >= record.retry_at:
                self._respawn(record, now)

    def restart(self, record: WorkerRecord, now: float) -> None:
        """Replace a worker: once it has finished what it holds, or at once where none runs.

        One that is starting or restarting is about to be a new one already.
        """
        if record.state == "ready":
            assert record.process is not None, "a ready worker has a process"
            _log.info("%s is asked to restart", record.device)
            record.state, record.leave_by = "restarting", now + self._settings.hang_timeout
            record.process.send(Stop())
        elif record.state in ("backoff", "failed"):
            record.failures = record.load_failures = 0
            self._respawn(record, now)

    def stop_all(self) -> None:
        """Ask every worker to leave."""
        for record in self.records:
            if record.process is None:
                record.state = "stopped"
            elif record.state == "starting":
                record.process.kill()  # it would load its model first, and only then look
            else:
                record.process.send(Stop())

    def kill_all(self) -> None:
        """Kill every worker that is left."""
        for record in self.records:
            if record.process:
                record.process.kill()

    def discard_all(self) -> None:
        """Kill what is left, and give back its threads and descriptors."""
        for record in self.records:
            if record.process:
                record.process.discard()
                record.process = None
            record.state = "stopped"

    def _kill_overdue(self, now: float) -> None:
        limit = self._settings.hang_timeout
        for record in self.records:
            if record.process and record.state == "restarting" and now > record.leave_by:
                record.reason = f"did not leave within {limit:g} s; killed"
                record.cause, record.leave_by = ExitCause.ASKED, now + limit
                record.process.kill()

    def _respawn(self, record: WorkerRecord, now: float) -> None:
        record.restarts += 1
        self._spawn(record, now)

    def _spawn(self, record: WorkerRecord, now: float) -> None:
        record.state, record.heard_at, record.reason = "starting", now, None
        record.cause = None
        record.cached = record.splits = 0
        try:
            record.process = WorkerProcess(record.device, self._factory, self._events)
        except OSError as error:  # no room for a process now; the other workers go on
            self._back_off(record, f"{type(error).__name__}: {error}", now)
