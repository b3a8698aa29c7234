"""Many batches concurrently, results in order, bounded memory."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from typing import Generic, TypeVar

from bulk.errors import BulkError

Input = TypeVar("Input")
Result = TypeVar("Result")
_AHEAD = 2  # items read per thread: one may be slow while others go on


class Window(Generic[Input, Result]):
    """Threads that process a stream of items.

    Unlike those of `concurrent.futures` they are daemons: an interrupted run does not wait for
    responses that it no longer needs.
    """

    def __init__(self, work: Callable[[Input], Result], threads: int) -> None:
        self._work = work
        self._size = _AHEAD * threads
        self._inbox: queue.SimpleQueue[tuple[Input, Future[Result]]] = queue.SimpleQueue()
        self._stopped = False
        for number in range(threads):
            threading.Thread(target=self._run, name=f"bulk-{number}", daemon=True).start()

    def map(
        self, items: Iterable[Input], is_full: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[Input, Result]]:
        """Yield each item with its result, in order; raise the error of the first that failed.

        While `is_full` returns True, no further items are read unless all have been yielded.
        """
        pending: deque[tuple[Input, Future[Result]]] = deque()
        for item in items:
            future: Future[Result] = Future()
            pending.append((item, future))
            self._inbox.put((item, future))
            while pending and (len(pending) == self._size or is_full() or pending[0][1].done()):
                yield _settle(pending)
        while pending:
            yield _settle(pending)

    def stop(self) -> None:
        """Start nothing more; items in progress are not waited for, and their errors are dropped.

        What they use, such as connections, may be closed while they go on.
        """
        self._stopped = True
        with suppress(queue.Empty):
            while True:
                self._inbox.get_nowait()[1].cancel()

    def _run(self) -> None:
        while True:
            item, future = self._inbox.get()
            try:
                future.set_result(self._work(item))
            except BulkError as error:
                future.set_exception(error)
            except Exception:
                if not self._stopped:
                    raise
            finally:
                if not future.done():  # a bug ends the thread with a traceback, and then the run
                    future.cancel()


def _settle(pending: "deque[tuple[Input, Future[Result]]]") -> tuple[Input, Result]:
    item, future = pending.popleft()
    return item, future.result()
