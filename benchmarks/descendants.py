"""CPU time of all processes that this one starts, and that these start (Linux: /proc)."""

import os
import threading
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")  # a second
_SAMPLE_SECONDS = 0.2


class CpuTime:
    """Counts while it is a context; what a process used after the last sample is not seen."""

    seconds: float

    def __enter__(self) -> "CpuTime":
        self._before = _ticks()
        self._last = dict(self._before)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._last |= _ticks()
        ticks = sum(count - self._before.get(pid, 0) for pid, count in self._last.items())
        self.seconds = ticks / _TICKS

    def _run(self) -> None:
        while not self._stop.wait(_SAMPLE_SECONDS):
            self._last |= _ticks()


def _ticks() -> dict[int, int]:
    """Return user and system time by process."""
    times: dict[int, int] = {}
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            stat = (folder / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
        fields = stat.rpartition(")")[2].split()  # the name before may contain spaces
        pid = int(folder.name)
        times[pid] = int(fields[11]) + int(fields[12])
        children.setdefault(int(fields[1]), []).append(pid)
    found: dict[int, int] = {}
    new = children.get(os.getpid(), [])
    while new:
        found |= {pid: times[pid] for pid in new}
        new = [child for pid in new for child in children.get(pid, [])]
    return found
