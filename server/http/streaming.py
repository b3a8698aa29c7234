"""POST /translation as server-sent events: each paragraph as soon as it is translated."""

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from gpu_pool.errors import PoolError
from server.core.errors import PROBLEMS, ClientGoneError, TextFailedError
from server.core.paragraphs import split_lines
from server.core.requests import Answer, RequestContext, TextRequest
from server.core.translation import TranslationService
from server.http.sse import event

_WINDOWS = 16  # groups of parts, each waited for in a thread of its own


@dataclass(frozen=True, slots=True)
class _Paragraph:
    owner: int  # index of its text request
    text_request: TextRequest


def stream(
    translation: TranslationService,
    text_requests: Sequence[TextRequest],
    context: RequestContext,
    name: Callable[[int], str],
    show: Callable[[list[Answer]], dict[str, Any]],
) -> Generator[bytes, None, None]:
    """Yield one event `segment` per part, in order, then one `done` with the whole answer.

    Everything is submitted to the pool at once. Errors before the first event are raised as by
    `translate`; later ones become a final event `failed` with the problem. `name` returns the field
    of a text in the request, `show` the response body for all answers.
    """
    # Detected on the whole text, not on its parts.
    whole = [replace(translation.identify(text_request), text="") for text_request in text_requests]
    windows = _windows(list(_pieces(text_requests, whole)))
    closed = threading.Event()
    begun = time.monotonic()
    context = replace(context, client_gone=_either(closed.is_set, context.client_gone))
    executor = ThreadPoolExecutor(_WINDOWS + 1, "stream")
    try:
        futures = [
            executor.submit(_translate, translation, window, context, begun) for window in windows
        ]
        for window, future in zip(windows, futures, strict=True):
            error = _error(future)
            if isinstance(error, TextFailedError):
                error.index = window[error.index].owner
            if error is not None and window is not windows[0]:
                yield _failed(error, name)
                return
            for piece, answer in zip(window, future.result(), strict=True):
                whole[piece.owner] = _add(whole[piece.owner], answer)
                yield event("segment", {"index": piece.owner, "translation": answer.text})
        yield event("done", show(whole))
    finally:
        closed.set()  # abandons unfinished work if the client disconnected
        executor.shutdown(wait=False, cancel_futures=True)


def _pieces(
    text_requests: Sequence[TextRequest], answers: Sequence[Answer]
) -> Iterator[_Paragraph]:
    """Split texts at line ends, except those that must be translated as a whole."""
    for i, (text_request, answer) in enumerate(zip(text_requests, answers, strict=True)):
        entire = text_request.html or text_request.alternatives
        parts = [text_request.text] if entire else split_lines(text_request.text, 1)
        for part in parts:
            yield _Paragraph(i, replace(text_request, text=part, source=answer.source))


def _windows(pieces: Sequence[_Paragraph]) -> list[Sequence[_Paragraph]]:
    """Return the first part alone, for a fast first event, then the others in equal groups."""
    size = max(1, ceil((len(pieces) - 1) / _WINDOWS))
    rest = [pieces[i : i + size] for i in range(1, len(pieces), size)]
    return [pieces[:1], *rest]


def _translate(
    translation: TranslationService,
    window: Sequence[_Paragraph],
    context: RequestContext,
    begun: float,
) -> list[Answer]:
    left = max(0.0, context.timeout - (time.monotonic() - begun))
    return translation.translate(
        [piece.text_request for piece in window], replace(context, timeout=left)
    )


def _error(future: "Future[list[Answer]]") -> PoolError | TextFailedError | ClientGoneError | None:
    error = future.exception()
    return error if isinstance(error, PoolError | TextFailedError | ClientGoneError) else None


def _failed(
    error: PoolError | TextFailedError | ClientGoneError, name: Callable[[int], str]
) -> bytes:
    reason = error.reason if isinstance(error, TextFailedError) else error
    field = name(error.index) if isinstance(error, TextFailedError) else None
    problem = PROBLEMS[type(reason)]
    return event("failed", problem.body(str(error) or problem.title, field))


def _add(answer: Answer, piece: Answer) -> Answer:
    return replace(
        answer,
        text=answer.text + piece.text,
        warnings=tuple(dict.fromkeys((*answer.warnings, *piece.warnings))),
        alternatives=piece.alternatives,
    )


def _either(one: Callable[[], bool], other: Callable[[], bool]) -> Callable[[], bool]:
    return lambda: one() or other()
