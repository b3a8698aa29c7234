"""Kills and stops random workers of a server."""

import itertools
import os
import random
import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_SIGNALS = (signal.SIGKILL, signal.SIGSTOP)  # a worker that dies, a worker that hangs


class FaultInjector:
    """Kills and stops alternately, each time a random ready worker."""

    def __init__(self, front: int, mean_seconds: float, seed: int) -> None:
        """`front` is the pid of the server; `mean_seconds` is the mean time between two faults."""
        self.counts: Counter[str] = Counter()  # by name of the signal
        self._front = front
        self._mean_seconds = mean_seconds
        self._random = random.Random(seed)
        self._signals = itertools.cycle(_SIGNALS)
        self._hit: set[int] = set()  # a stopped worker remains `ready` until it is killed
        self.due_at = 0.0  # time of the next fault

    def schedule(self, now: float) -> None:
        """Set the time of the next fault, from half to one and a half times the mean."""
        self.due_at = now + self._random.uniform(0.5, 1.5) * self._mean_seconds

    def inject(self, workers: Sequence[dict[str, Any]]) -> None:
        """Send a signal to one of `workers`, the rows of `GET /gpus`; to each process only once.

        Does nothing if no worker is ready.
        """
        pids = [row["pid"] for row in workers if row["state"] == "ready"]
        pids = [pid for pid in pids if pid is not None and pid not in self._hit]
        if not pids:
            return
        pid, chosen = self._random.choice(pids), next(self._signals)
        if self._is_worker(pid):
            os.kill(pid, chosen)
            self._hit.add(pid)
            self.counts[chosen.name] += 1

    def _is_worker(self, pid: int) -> bool:
        """Return True if the pid is a child of the front: it may have exited and been reused."""
        try:
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        except OSError:
            return False
        return f"PPid:\t{self._front}\n" in status
