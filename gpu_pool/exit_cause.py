"""Why a worker died, and what that says about the texts it had in hand."""

import signal
from enum import Enum, auto
from pathlib import Path

_STOPPED = frozenset("Tt")  # proc_pid_stat(5): stopped by a signal, or by a debugger


class ExitCause(Enum):
    """Who ended a worker."""

    ASKED = auto()  # we did, for reasons of our own: its texts are not to blame
    OUTSIDE = auto()  # somebody else, by SIGKILL or SIGSTOP: its texts hardly are
    CRASH = auto()  # itself, or we because it hung: one of its texts may be to blame


def cause_of_exit(exitcode: int | None) -> ExitCause:
    """Return why a worker ended that we did not kill.

    A crash ends with a signal of its own, or with a code; SIGKILL comes from an operator, or from
    a kernel that is out of memory, for which a text could be to blame, but most often is not.
    """
    return ExitCause.OUTSIDE if exitcode == -signal.SIGKILL else ExitCause.CRASH


def cause_of_silence(pid: int | None) -> ExitCause:
    """Return why a worker is silent that still exists: it hangs, or was stopped from outside."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # gone meanwhile, or a system without /proc
        return ExitCause.CRASH
    state = stat.rpartition(")")[2].split()[0]  # the name before it may hold anything
    return ExitCause.OUTSIDE if state in _STOPPED else ExitCause.CRASH
