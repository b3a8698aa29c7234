"""Forks a child process that does one role and never returns into its parent's code."""

import ctypes
import logging
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

from server.processes.arbiter_link import ArbiterLink, ChildLink
from server.processes.role import Role

SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGCHLD})
"""Those that the arbiter handles and its children do not."""

_log = logging.getLogger(__name__)
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15  # linux/prctl.h


def fork(role: Role, release: Callable[[], None]) -> tuple[int, ChildLink]:
    """Fork; return the child's process id and the link to it.

    `release` is called in the child, to close what belongs to the parent alone. The caller must
    have no other thread. Raises OSError, such as for too many processes.
    """
    ours, theirs = socket.socketpair()
    parent = os.getpid()
    # A signal that the child receives before it has its own handlers must not count as one of ours.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        pid = os.fork()
        if pid == 0:
            ours.close()
            _become(role, theirs, release, parent)
    except OSError:
        ours.close()
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        theirs.close()
    return pid, ChildLink(ours)


def _become(
    role: Role, connection: socket.socket, release: Callable[[], None], parent: int
) -> NoReturn:
    code = 1
    try:
        _leave_signals_to_the_arbiter()
        _exit_with(parent)
        _name(role)
        release()
        code = role.run(ArbiterLink(connection))
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not unwind into the parent
        # Not the message, unless the system is to blame: others may contain user text.
        place = traceback.extract_tb(error.__traceback__)[-1]
        file = os.path.basename(place.filename)
        detail = f": {error.strerror}" if isinstance(error, OSError) else ""
        _log.critical(
            "process %r: %s at %s:%d%s", role.name, type(error).__name__, file, place.lineno, detail
        )
    finally:
        os._exit(code)  # without the parent's exit handlers


def _leave_signals_to_the_arbiter() -> None:
    """Ignore the signals of a terminal or service manager, which go to all processes at once."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _exit_with(parent: int) -> None:
    """Let the kernel kill this process when its parent dies. Elsewhere its link says so."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before
            os._exit(1)


def _name(role: Role) -> None:
    """Make `ps` and `top` show the role; the kernel keeps 15 characters."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, f"m2m {role.name}".encode())
