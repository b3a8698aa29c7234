"""POST /translation as server-sent events: each paragraph as soon as it is translated."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from gpu_pool.errors import PoolError
from server.core.errors import PROBLEMS, ClientGoneError, RequestError, TextFailedError
from server.core.in_order import translate_in_order
from server.core.paragraphs import split_lines
from server.core.requests import Answer, RequestContext, TextRequest
from server.core.translation import TranslationService
from server.http.sse import event

Failure = PoolError | TextFailedError | ClientGoneError | RequestError


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
    whole = [translation.identify(text_request)._replace(text="") for text_request in text_requests]
    pieces = list(_pieces(text_requests, whole))
    done = 0
    with closing(
        translate_in_order(translation, [piece.text_request for piece in pieces], context)
    ) as windows:
        try:
            for answers in windows:
                for piece, answer in zip(pieces[done:], answers, strict=False):
                    whole[piece.owner] = _add(whole[piece.owner], answer)
                    yield event("segment", {"index": piece.owner, "translation": answer.text})
                done += len(answers)
        except (PoolError, TextFailedError, ClientGoneError) as error:
            if isinstance(error, TextFailedError):
                error.index = pieces[error.index].owner
                error.field = name(error.index)
            if not done:
                raise
            yield failed(error)
            return
    yield event("done", show(whole))


def failed(error: Failure) -> bytes:
    """Return the last event of a stream that an error ends: `failed`, with the problem."""
    reason = error.reason if isinstance(error, TextFailedError) else error
    field = error.field if isinstance(error, TextFailedError | RequestError) else None
    problem = PROBLEMS[type(reason)]
    return event("failed", problem.body(str(error) or problem.title, field))


def _pieces(
    text_requests: Sequence[TextRequest], answers: Sequence[Answer]
) -> Iterator[_Paragraph]:
    """Split texts at line ends, except those that must be translated as a whole."""
    for i, (text_request, answer) in enumerate(zip(text_requests, answers, strict=True)):
        entire = text_request.markup or text_request.alternatives
        parts = [text_request.text] if entire else split_lines(text_request.text, 1)
        for part in parts:
            yield _Paragraph(i, text_request._replace(text=part, source=answer.source))


def _add(answer: Answer, piece: Answer) -> Answer:
    return answer._replace(
        text=answer.text + piece.text,
        warnings=tuple(dict.fromkeys((*answer.warnings, *piece.warnings))),
        alternatives=piece.alternatives,
    )
