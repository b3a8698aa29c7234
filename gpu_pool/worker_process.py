"""The process of a worker, with its inbox, its result pipe, and their threads.

No part of it is reused after the process ends. A SIGKILL may leave a lock or pipe shared by two
processes in any state, so each process has an inbox and a result pipe of its own. Neither may
block the dispatcher: a stopped worker fills its inbox and leaves half a message in its result
pipe. So one thread writes the inbox and another reads the results, and both end with the process.
(The inbox resembles `multiprocessing.Queue`: a buffer, a thread and a pipe. That class keeps the
pipe's reading end open in the parent, so the thread of a dead worker would block for ever on a
full pipe.)
"""

import queue
import threading
from collections.abc import Collection
from dataclasses import dataclass
from multiprocessing import get_context

from gpu_pool.messages import FromWorker, ToWorker
from gpu_pool.packing import receive, send
from gpu_pool.worker_main import WorkerFactory, main

_SPAWN = get_context("spawn")  # CUDA does not survive a fork
_REAP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Received:
    """A message from a worker."""

    process: "WorkerProcess"
    message: FromWorker


@dataclass(frozen=True, slots=True)
class Exited:
    """A worker's result pipe is closed: it has exited, or has been killed."""

    process: "WorkerProcess"


WorkerEvent = Received | Exited


class WorkerProcess:
    """A worker process from spawn to exit; reports to the dispatcher's event queue."""

    def __init__(
        self,
        device: str,
        factory: WorkerFactory,
        events: "queue.SimpleQueue[WorkerEvent]",
        cores: Collection[int],
    ) -> None:
        """Spawn it, to run on `cores`; this process may be confined to fewer.

        The calling thread must outlive it: see `worker_main._exit_with_parent`.
        """
        self._events = events
        inbox, self._inbox = _SPAWN.Pipe(duplex=False)
        self._results, results = _SPAWN.Pipe(duplex=False)
        self._process = _SPAWN.Process(
            target=main,
            args=(device, factory, cores, inbox, results),
            name=f"translator {device}",
            daemon=True,
        )
        self._process.start()
        self.pid = self._process.pid
        self.exitcode: int | None = None  # set by `discard`; minus the signal that ended it
        # Our copies of the worker's ends: while they are open, its exit would not close the pipes.
        inbox.close()
        results.close()
        self._outgoing: queue.SimpleQueue[ToWorker | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._write, name=f"inbox {device}", daemon=True),
            threading.Thread(target=self._read, name=f"results {device}", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def send(self, message: ToWorker) -> None:
        """Put a message into the inbox; never blocks."""
        self._outgoing.put(message)

    def kill(self) -> None:
        """Send SIGKILL, which also ends a stopped or hanging process; `Exited` follows."""
        self._process.kill()

    def discard(self) -> None:
        """Kill it if it still runs, and release its threads and descriptors."""
        self._process.kill()
        self._process.join(_REAP_SECONDS)
        self._outgoing.put(None)
        for thread in self._threads:
            thread.join(_REAP_SECONDS)
        self._inbox.close()
        self._results.close()
        self.exitcode = self._process.exitcode
        if self.exitcode is not None:
            self._process.close()

    def _write(self) -> None:
        try:
            while (message := self._outgoing.get()) is not None:
                send(self._inbox, message)
        except OSError:
            return  # the worker has exited; `_read` reports it

    def _read(self) -> None:
        try:
            while True:
                self._events.put(Received(self, receive(self._results)))
        except (EOFError, OSError):
            self._events.put(Exited(self))
