"""The process of a worker, and the socket to it.

No part of it is reused after the process ends. A SIGKILL may leave a lock shared by two processes
in any state, so they share none, and each process has a socket of its own. A stopped worker may
leave half a message in it, and lets it fill up; neither blocks the dispatcher (see `link`).
(`multiprocessing.Queue` would: it shares locks, and a thread of a dead worker would wait for ever
on a full pipe. It also took a change of threads for each message.)
"""

import socket
from collections.abc import Collection
from multiprocessing import get_context
from typing import Any, NamedTuple

from gpu_pool.event_queue import EventQueue
from gpu_pool.link import Link
from gpu_pool.messages import FromWorker, ToWorker
from gpu_pool.worker_main import WorkerFactory, main

_SPAWN = get_context("spawn")  # CUDA does not survive a fork
_REAP_SECONDS = 5.0


class Received(NamedTuple):
    """A message from a worker."""

    process: "WorkerProcess"
    message: FromWorker


class Exited(NamedTuple):
    """A worker's socket is closed: it has exited, or has been killed."""

    process: "WorkerProcess"


WorkerEvent = Received | Exited


class WorkerProcess:
    """A worker process from spawn to exit; reports to the dispatcher's event queue."""

    def __init__(
        self,
        device: str,
        factory: WorkerFactory,
        events: "EventQueue[Any]",
        cores: Collection[int],
    ) -> None:
        """Spawn it, to run on `cores`; this process may be confined to fewer.

        The calling thread must outlive it: see `worker_main._exit_with_parent`.
        """
        self._events = events
        ours, theirs = socket.socketpair()
        self._process = _SPAWN.Process(
            target=main,
            args=(device, factory, cores, theirs),
            name=f"translator {device}",
            daemon=True,
        )
        try:
            self._process.start()
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()  # while our copy is open, the worker's exit would not close the socket
        self.pid = self._process.pid
        self.exitcode: int | None = None  # set by `discard`; minus the signal that ended it
        self._link: Link[ToWorker, FromWorker] = Link(ours, list, self._receive, self._exited)
        self._link.start(events)

    def send(self, message: ToWorker) -> None:
        """Send a message; never blocks."""
        self._link.send(message)

    def kill(self) -> None:
        """Send SIGKILL, which also ends a stopped or hanging process; `Exited` follows."""
        self._process.kill()

    def discard(self) -> None:
        """Kill it if it still runs, and release its threads and descriptors."""
        self._process.kill()
        self._process.join(_REAP_SECONDS)
        self._link.close()  # a process that the worker has started may have the other end
        self.exitcode = self._process.exitcode
        if self.exitcode is not None:
            self._process.close()

    def _receive(self, message: FromWorker) -> None:
        self._events.put(Received(self, message))

    def _exited(self) -> None:
        self._events.put(Exited(self))
