"""Resource usage of a process over time."""

import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

_WARM_UP = 0.2  # share of the first samples left out of the slope: caches and pools fill up


@dataclass
class ProcessStats:
    """Samples of one process's memory, open descriptors and threads."""

    pid: int
    _times: list[float] = field(default_factory=list)  # seconds
    _samples: dict[str, list[float]] = field(default_factory=dict)

    def sample(self) -> None:
        """Take a sample from /proc."""
        folder = Path(f"/proc/{self.pid}")
        lines = (folder / "status").read_text(encoding="utf-8").splitlines()
        status = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
        now = {
            "rss_mib": int(status["VmRSS"][0]) / 1024,
            "descriptors": len(list((folder / "fd").iterdir())),
            "threads": int(status["Threads"][0]),
        }
        self._times.append(time.monotonic())
        for name, value in now.items():
            self._samples.setdefault(name, []).append(value)

    def summary(self) -> dict[str, dict[str, float]]:
        """Return first, last and maximum of each figure, and its least-squares slope per hour."""
        skipped = int(len(self._times) * _WARM_UP)
        hours = [time / 3600 for time in self._times[skipped:]]
        return {
            name: {
                "first": values[0],
                "last": values[-1],
                "max": max(values),
                "per_hour": statistics.linear_regression(hours, values[skipped:]).slope,
            }
            for name, values in self._samples.items()
        }
