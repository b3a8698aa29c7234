"""Answers in order, as they come: a client sees the first while the last are being translated."""

import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from math import ceil

from gpu_pool.errors import PoolError
from server.core.errors import TextFailedError
from server.core.requests import Answer, RequestContext, TextRequest
from server.core.translation import TranslationService

_WINDOWS = 16  # groups of texts, each waited for in a thread of its own


def translate_in_order(
    translation: TranslationService, text_requests: Sequence[TextRequest], context: RequestContext
) -> Generator[list[Answer], None, None]:
    """Yield the answers to all texts in order, a few at a time.

    Everything is submitted to the pool at once, and what is unfinished is abandoned when the
    generator is closed. Raises as `translate`; what the pool refuses, because it is full or about
    to stop, before the first answers: then another server can still be asked.
    """
    windows = _windows(text_requests)
    closed = threading.Event()
    accepted = [threading.Event() for _ in windows]
    refused: list[PoolError] = []
    context = replace(context, client_gone=_either(closed.is_set, context.client_gone))

    def translate(window: Sequence[TextRequest], told: threading.Event) -> list[Answer]:
        try:
            return translation.translate(window, replace(context, accepted=told.set))
        except PoolError as error:
            refused.append(error)
            raise
        finally:
            told.set()  # all was in the cache, or it was refused

    executor = ThreadPoolExecutor(_WINDOWS + 1, "stream")
    try:
        futures = [
            executor.submit(translate, *each) for each in zip(windows, accepted, strict=True)
        ]
        for told in accepted:
            told.wait()
        if refused:
            raise refused[0]
        yield from _results(windows, futures)
    finally:
        closed.set()
        executor.shutdown(wait=False, cancel_futures=True)


def _results(
    windows: Sequence[Sequence[TextRequest]], futures: Sequence[Future[list[Answer]]]
) -> Generator[list[Answer], None, None]:
    """Yield the answers of each window; an error names the text by its index in all of them."""
    start = 0
    for window, future in zip(windows, futures, strict=True):
        try:
            answers = future.result()
        except TextFailedError as error:
            error.index += start
            raise
        start += len(window)
        yield answers


def _windows(text_requests: Sequence[TextRequest]) -> list[Sequence[TextRequest]]:
    """Return the first text alone, for a fast first answer, then the others in equal groups."""
    size = max(1, ceil((len(text_requests) - 1) / _WINDOWS))
    rest = [text_requests[i : i + size] for i in range(1, len(text_requests), size)]
    return [text_requests[:1], *rest]


def _either(one: Callable[[], bool], other: Callable[[], bool]) -> Callable[[], bool]:
    return lambda: one() or other()
