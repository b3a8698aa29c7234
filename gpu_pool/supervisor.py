"""Keeps the workers alive: spawns, kills and restarts their processes."""

import logging
import os
from collections.abc import Sequence
from typing import Any

from gpu_pool.event_queue import EventQueue
from gpu_pool.exit_cause import ExitCause, cause_of_exit, cause_of_silence
from gpu_pool.messages import Stop
from gpu_pool.model_spec import ModelSpec
from gpu_pool.settings import PoolSettings
from gpu_pool.worker_process import WorkerProcess
from gpu_pool.worker_record import WorkerRecord

_log = logging.getLogger(__name__)
_MAX_DOUBLINGS = 32  # beyond any useful `backoff_max`; a float overflows at 1024


class Supervisor:
    """Used by the dispatcher's thread only. `now` is on the monotonic clock, in seconds."""

    def __init__(
        self,
        models: Sequence[ModelSpec],
        settings: PoolSettings,
        events: EventQueue[Any],
    ) -> None:
        """Workers report to `events`."""
        self._factories = {model.name: model.factory for model in models}
        self._settings = settings
        self._events = events
        self._cores = os.sched_getaffinity(0)  # before the pool's process is confined to one
        self.records = tuple(
            WorkerRecord(
                device, model.name, device if len(models) == 1 else f"{device}/{model.name}"
            )
            for model in models
            for device in model.devices
        )

    def spawn_all(self, now: float) -> None:
        """Spawn every worker."""
        for record in self.records:
            self._spawn(record, now)

    def find_record(self, process: WorkerProcess) -> WorkerRecord | None:
        """Return the record of a process; None if the process has been replaced."""
        return next((record for record in self.records if record.process is process), None)

    def any_running(self) -> bool:
        """Return True if a worker process is left."""
        return any(record.process for record in self.records)

    def reap(self, record: WorkerRecord, now: float, *, closing: bool) -> ExitCause:
        """Clean up after a worker that has exited; restart it now or schedule the restart.

        Returns why it exited.
        """
        process = record.process
        assert process is not None, "only a running worker can be reaped"
        process.discard()
        record.process = None
        cause = record.exit_cause or cause_of_exit(process.exitcode)
        error = record.exit_reason or f"the worker ended with exit code {process.exitcode}"
        if closing:
            record.state = "stopped"
        elif record.state == "restarting":
            if record.outstanding:  # otherwise it exited as requested, whatever its exit code
                record.last_error = error
                _log.warning("%s died before it could restart (%s)", record.label, error)
            self._respawn(record, now)
        else:
            self._back_off(record, error, now)
        return cause

    def kill_unresponsive(self, now: float) -> None:
        """Kill workers that have been silent, or slow to exit, for longer than allowed."""
        self._kill_overdue(now)
        for record in self.records:
            starting = record.state == "starting"
            limit = self._settings.startup_timeout if starting else self._settings.hang_timeout
            if (
                record.process
                and record.state in ("starting", "ready")
                and now - record.last_message_at > limit
            ):
                record.exit_reason = f"silent for {limit:g} s; killed"
                record.last_message_at = now
                record.exit_cause = cause_of_silence(record.process.pid)
                record.process.kill()

    def restart_due(self, now: float) -> None:
        """Respawn the workers whose backoff is over."""
        for record in self.records:
            if record.state == "backoff" and now >= record.retry_at:
                self._respawn(record, now)

    def restart(self, record: WorkerRecord, now: float) -> None:
        """Replace a worker once it has finished its outstanding work, or at once if none runs.

        Does nothing for a worker that is starting or restarting already.
        """
        if record.state == "ready":
            assert record.process is not None, "a ready worker has a process"
            _log.info("%s: restart requested", record.label)
            record.state, record.exit_deadline = "restarting", now + self._settings.hang_timeout
            record.process.send(Stop())
        elif record.state in ("backoff", "failed"):
            record.failures = record.load_failures = 0
            self._respawn(record, now)

    def stop_all(self) -> None:
        """Tell every worker to stop."""
        for record in self.records:
            if record.process is None:
                record.state = "stopped"
            elif record.state == "starting":
                record.process.kill()  # it reads messages only once its model is loaded
            else:
                record.process.send(Stop())

    def kill_all(self) -> None:
        """Kill every worker that is left."""
        for record in self.records:
            if record.process:
                record.process.kill()

    def discard_all(self) -> None:
        """Kill every worker that is left, and release its threads and descriptors."""
        for record in self.records:
            if record.process:
                record.process.discard()
                record.process = None
            record.state = "stopped"

    def _kill_overdue(self, now: float) -> None:
        """Kill restarting workers that have not exited in time."""
        limit = self._settings.hang_timeout
        for record in self.records:
            if record.process and record.state == "restarting" and now > record.exit_deadline:
                record.exit_reason = f"did not exit within {limit:g} s; killed"
                record.exit_cause, record.exit_deadline = ExitCause.REQUESTED, now + limit
                record.process.kill()

    def _back_off(self, record: WorkerRecord, error: str, now: float) -> None:
        record.failures += 1
        record.load_failures = record.load_failures + 1 if record.state == "starting" else 0
        record.last_error = error
        if record.load_failures >= self._settings.max_load_failures:
            record.state = "failed"
            _log.error(
                "%s failed %d times to load: %s", record.label, record.failures, record.last_error
            )
            return
        wait = self._settings.backoff_initial * 2 ** min(record.failures - 1, _MAX_DOUBLINGS)
        wait = min(wait, self._settings.backoff_max)
        record.state, record.retry_at = "backoff", now + wait
        _log.warning("%s died (%s); restart in %.1f s", record.label, record.last_error, wait)

    def _respawn(self, record: WorkerRecord, now: float) -> None:
        record.restarts += 1
        self._spawn(record, now)

    def _spawn(self, record: WorkerRecord, now: float) -> None:
        record.state, record.last_message_at = "starting", now
        record.exit_cause = record.exit_reason = None
        record.cached = record.splits = 0
        try:
            factory = self._factories[record.model]
            record.process = WorkerProcess(record.device, factory, self._events, self._cores)
        except OSError as error:  # such as too many processes; the other workers continue
            self._back_off(record, f"{type(error).__name__}: {error}", now)
