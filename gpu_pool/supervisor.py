"""Keeps the workers alive: spawn, readiness, silence, death, restart."""

import logging
from collections.abc import Sequence
from queue import SimpleQueue
from typing import Any

from gpu_pool.exit_cause import Cause, cause_of_exit, cause_of_silence
from gpu_pool.messages import Stop
from gpu_pool.settings import PoolSettings
from gpu_pool.worker_main import WorkerFactory
from gpu_pool.worker_process import WorkerProcess
from gpu_pool.worker_record import Slot

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
        self.slots = tuple(Slot(device) for device in devices)

    def spawn_all(self, now: float) -> None:
        """Start a worker on every device."""
        for slot in self.slots:
            self._spawn(slot, now)

    def slot_of(self, process: WorkerProcess) -> Slot | None:
        """Return the place of a process; None for one that has been replaced."""
        return next((slot for slot in self.slots if slot.process is process), None)

    def any_running(self) -> bool:
        """Tell whether a worker process is left."""
        return any(slot.process for slot in self.slots)

    def reap(self, slot: Slot, now: float, *, closing: bool) -> Cause:
        """Clear away a worker that is gone; spawn the next, or set the time for that.

        Returns why it died.
        """
        process = slot.process
        assert process is not None, "only a worker that runs can be reaped"
        process.discard()
        slot.process = None
        cause = slot.cause or cause_of_exit(process.exitcode)
        error = slot.reason or f"the worker ended with exit code {process.exitcode}"
        if closing:
            slot.state = "stopped"
        elif slot.state == "restarting":
            if slot.outstanding:  # else it left as it was asked to, whatever its exit code
                slot.last_error = error
                _log.warning("%s died before it could restart (%s)", slot.device, error)
            self._respawn(slot, now)
        else:
            self._back_off(slot, error, now)
        return cause

    def _back_off(self, slot: Slot, error: str, now: float) -> None:
        slot.failures += 1
        slot.load_failures = slot.load_failures + 1 if slot.state == "starting" else 0
        slot.last_error = error
        if slot.load_failures >= self._settings.max_load_failures:
            slot.state = "failed"
            _log.error(
                "%s failed %d times to load: %s", slot.device, slot.failures, slot.last_error
            )
            return
        wait = self._settings.backoff_initial * 2 ** min(slot.failures - 1, _MAX_DOUBLINGS)
        wait = min(wait, self._settings.backoff_max)
        slot.state, slot.retry_at = "backoff", now + wait
        _log.warning("%s died (%s); restart in %.1f s", slot.device, slot.last_error, wait)

    def kill_stuck(self, now: float) -> None:
        """Kill workers that are silent, or slow to leave, for longer than the settings allow."""
        self._kill_overdue(now)
        for slot in self.slots:
            starting = slot.state == "starting"
            limit = self._settings.startup_timeout if starting else self._settings.hang_timeout
            if slot.process and slot.state in ("starting", "ready") and now - slot.heard_at > limit:
                slot.reason = f"silent for {limit:g} s; killed"
                slot.heard_at = now
                slot.cause = cause_of_silence(slot.process.pid)
                slot.process.kill()

    def restart_due(self, now: float) -> None:
        """Spawn again where the wait after a death is over."""
        for slot in self.slots:
            if slot.state == "backoff" and now >= slot.retry_at:
                self._respawn(slot, now)

    def restart(self, slot: Slot, now: float) -> None:
        """Replace a worker: once it has finished what it holds, or at once where none runs.

        One that is starting or restarting is about to be a new one already.
        """
        if slot.state == "ready":
            assert slot.process is not None, "a ready worker has a process"
            _log.info("%s is asked to restart", slot.device)
            slot.state, slot.leave_by = "restarting", now + self._settings.hang_timeout
            slot.process.send(Stop())
        elif slot.state in ("backoff", "failed"):
            slot.failures = slot.load_failures = 0
            self._respawn(slot, now)

    def stop_all(self) -> None:
        """Ask every worker to leave."""
        for slot in self.slots:
            if slot.process is None:
                slot.state = "stopped"
            elif slot.state == "starting":
                slot.process.kill()  # it would load its model first, and only then look
            else:
                slot.process.send(Stop())

    def kill_all(self) -> None:
        """Kill every worker that is left."""
        for slot in self.slots:
            if slot.process:
                slot.process.kill()

    def discard_all(self) -> None:
        """Kill what is left, and give back its threads and descriptors."""
        for slot in self.slots:
            if slot.process:
                slot.process.discard()
                slot.process = None
            slot.state = "stopped"

    def _kill_overdue(self, now: float) -> None:
        limit = self._settings.hang_timeout
        for slot in self.slots:
            if slot.process and slot.state == "restarting" and now > slot.leave_by:
                slot.reason = f"did not leave within {limit:g} s; killed"
                slot.cause, slot.leave_by = Cause.ASKED, now + limit
                slot.process.kill()

    def _respawn(self, slot: Slot, now: float) -> None:
        slot.restarts += 1
        self._spawn(slot, now)

    def _spawn(self, slot: Slot, now: float) -> None:
        slot.state, slot.heard_at, slot.reason = "starting", now, None
        slot.cause = None
        slot.cached = slot.splits = 0
        try:
            slot.process = WorkerProcess(slot.device, self._factory, self._events)
        except OSError as error:  # no room for a process now; the other workers go on
            self._back_off(slot, f"{type(error).__name__}: {error}", now)
