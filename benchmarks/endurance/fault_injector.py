"""Kills and stops random processes of a server."""

import itertools
import os
import random
import signal
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

_SIGNALS = (signal.SIGKILL, signal.SIGSTOP)  # a process that dies, a process that hangs
_WEIGHTS = {"worker": 6, "front": 3, "pool": 1}  # how often each kind is hit


class FaultInjector:
    """Kills and stops alternately, each time a random process: a ready worker, a front, the pool's.

    A server with one front has workers only.
    """

    def __init__(self, server: int, mean_seconds: float, seed: int) -> None:
        """`server` is its process id; `mean_seconds` is the mean time between two faults."""
        self.counts: Counter[str] = Counter()  # by signal and kind
        self.hits: Counter[str] = Counter()  # by kind
        self._server = server
        self._mean_seconds = mean_seconds
        self._random = random.Random(seed)
        self._signals = itertools.cycle(_SIGNALS)
        self._hit: set[int] = set()  # a stopped process remains until it is killed
        self.due_at = 0.0  # time of the next fault

    def schedule(self, now: float) -> None:
        """Set the time of the next fault, from half to one and a half times the mean."""
        self.due_at = now + self._random.uniform(0.5, 1.5) * self._mean_seconds

    def inject(self, workers: Sequence[dict[str, Any]]) -> None:
        """Send a signal to one process; to each only once.

        `workers` are the rows of `GET /gpus`. Does nothing where no process of the chosen kind is
        left to hit, or while no worker is ready.
        """
        victims = self._victims(workers)
        kinds = _WEIGHTS if victims["front"] or victims["pool"] else {"worker": 1}
        [kind] = self._random.choices(list(kinds), list(kinds.values()))
        if not victims["worker"] or not victims[kind]:
            return
        pid, chosen = self._random.choice(victims[kind]), next(self._signals)
        os.kill(pid, chosen)
        self._hit.add(pid)
        self.hits[kind] += 1
        self.counts[f"{chosen.name} of a {kind}"] += 1

    def _victims(self, workers: Sequence[dict[str, Any]]) -> dict[str, list[int]]:
        """Return the processes that may be hit, by kind."""
        roles = children(self._server)
        pools = [pid for pid, role in roles.items() if role == "m2m pool"]
        family = {pid for parent in (self._server, *pools) for pid in children(parent)}
        ready = {row["pid"] for row in workers if row["state"] == "ready"}
        return {
            "worker": sorted(ready & family - self._hit),
            "front": [
                pid
                for pid, role in roles.items()
                if role.startswith("m2m front") and pid not in self._hit
            ],
            "pool": [pid for pid in pools if pid not in self._hit],
        }


def children(pid: int) -> dict[int, str]:
    """Return the names of a process's children by process id; none if it has exited."""
    names: dict[int, str] = {}
    with suppress(OSError):
        # Of all its threads: workers belong to the dispatcher's.
        for listed in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in map(int, listed.read_text(encoding="ascii").split()):
                names[child] = Path(f"/proc/{child}/comm").read_text(encoding="utf-8").strip()
    return names
