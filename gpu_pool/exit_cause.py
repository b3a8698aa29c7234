"""Why a worker died, and whether the texts it held may be to blame."""

import signal
from enum import Enum, auto
from pathlib import Path

_STOPPED = frozenset("Tt")  # proc_pid_stat(5): stopped by a signal, or by a debugger


class ExitCause(Enum):
    """Who or what ended a worker."""

    REQUESTED = auto()  # the pool, on request: no text is to blame
    EXTERNAL = auto()  # SIGKILL or SIGSTOP from outside: a text is unlikely to be to blame
    CRASH = auto()  # a crash, or the pool because the worker hung: a text may be to blame


def cause_of_exit(exitcode: int | None) -> ExitCause:
    """Return why a worker exited that the pool did not kill.

    A crash ends with another signal or with an exit code. SIGKILL comes from an operator or from
    the kernel's OOM killer; a text can cause the latter, but rarely does.
    """
    return ExitCause.EXTERNAL if exitcode == -signal.SIGKILL else ExitCause.CRASH


def cause_of_silence(pid: int | None) -> ExitCause:
    """Return why a live worker sends no messages: it was stopped from outside, or it hangs."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # it has just exited, or the system has no /proc
        return ExitCause.CRASH
    state = stat.rpartition(")")[2].split()[0]  # the process name before it may contain anything
    return ExitCause.EXTERNAL if state in _STOPPED else ExitCause.CRASH
