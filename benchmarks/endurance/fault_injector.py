"""Blows at random workers of a server."""

import itertools
import os
import random
import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_SIGNALS = (signal.SIGKILL, signal.SIGSTOP)  # a worker that dies, a worker that hangs


class Strikes:
    """Kills and stops workers in turn, each blow at a random one that serves."""

    def __init__(self, front: int, mean_seconds: float, seed: int) -> None:
        """`front` is the pid of the server; blows fall every `mean_seconds` on average."""
        self.counts: Counter[str] = Counter()
        self._front = front
        self._mean_seconds = mean_seconds
        self._random = random.Random(seed)
        self._signals = itertools.cycle(_SIGNALS)
        self._hit: set[int] = set()  # a worker that hangs counts as one that serves for a while
        self.due_at = 0.0  # time of the next blow

    def plan(self, now: float) -> None:
        """Set the time of the next blow, from half to one and a half times the mean wait."""
        self.due_at = now + self._random.uniform(0.5, 1.5) * self._mean_seconds

    def strike(self, workers: Sequence[dict[str, Any]]) -> None:
        """Hit one of the rows of `GET /gpus`; each only once; where none serves, nobody."""
        pids = [row["pid"] for row in workers if row["state"] == "ready"]
        pids = [pid for pid in pids if pid is not None and pid not in self._hit]
        if not pids:
            return
        pid, chosen = self._random.choice(pids), next(self._signals)
        if self._is_a_worker(pid):
            os.kill(pid, chosen)
            self._hit.add(pid)
            self.counts[chosen.name] += 1

    def _is_a_worker(self, pid: int) -> bool:
        """Tell whether a pid still is a child of the front's: it may be gone, and used anew."""
        try:
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        except OSError:
            return False
        return f"PPid:\t{self._front}\n" in status
