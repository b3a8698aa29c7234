"""Clients that put load on a server, each in a thread of its own."""

import threading
from collections.abc import Callable, Iterable
from typing import Self


class ClientThreads:
    """Threads that run inside a `with` block."""

    def __init__(self, runs: Iterable[Callable[[], None]]) -> None:
        """Each of `runs` returns soon after `stopping` is set."""
        self.stopping = threading.Event()
        self._threads = [threading.Thread(target=run) for run in runs]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the requests in progress."""
        self.stopping.set()
        for thread in self._threads:
            thread.join()
