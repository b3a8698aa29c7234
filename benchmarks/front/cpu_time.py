"""CPU time of the processes of a server, by what they do (Linux: /proc)."""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")  # a second
_PROC = Path("/proc")
_WORKER = b"spawn_main"  # multiprocessing's, in the command line
_HELPER = b"resource_tracker"
ROLES = ("front", "pool", "worker")


def cpu_seconds(root: int) -> dict[str, float]:
    """Return the CPU seconds so far of a process and all its descendants, by role.

    A server with one front is one process, which holds the pool too: all of it counts as front.
    """
    seconds: dict[str, float] = defaultdict(float)
    for process in _descendants(root):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            seconds[_role(process)] += _seconds(process)
    return seconds


def _descendants(process: int) -> Iterator[int]:
    yield process
    children: list[str] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for thread in (_PROC / str(process) / "task").iterdir():
            children += (thread / "children").read_text().split()
    for child in children:
        yield from _descendants(int(child))


def _role(process: int) -> str:
    name = (_PROC / str(process) / "comm").read_text()
    command = (_PROC / str(process) / "cmdline").read_bytes()
    if _HELPER in command:
        return "other"
    if _WORKER in command:
        return "worker"
    return next((role for role in ROLES if name.startswith(f"m2m {role}")), "front")


def _seconds(process: int) -> float:
    """Return user and system time; the name before these fields may contain spaces."""
    fields = (_PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
