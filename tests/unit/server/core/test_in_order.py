"""Answers come in order; what is refused is refused before the first of them."""

import math
import threading
from collections.abc import Sequence

import pytest

from gpu_pool.errors import UnavailableError
from server.core.in_order import translate_in_order
from server.core.requests import Answer, RequestContext, TextRequest

REQUESTS = [TextRequest(f"text {i}", "en", "de") for i in range(3)]


class Service:
    """Translates the first text when the others have been submitted or refused."""

    def __init__(self, refused: str = "") -> None:
        self._refused = refused
        self._others = threading.Barrier(len(REQUESTS))

    def translate(self, window: Sequence[TextRequest], context: RequestContext) -> list[Answer]:
        [text] = [each.text for each in window]
        if text == self._refused:
            self._others.wait(10)
            raise UnavailableError("the server is shutting down")
        assert context.accepted is not None
        context.accepted()
        self._others.wait(10)
        return [Answer(text, "en")]


def texts_of(service: Service) -> list[str]:
    answers = translate_in_order(service, REQUESTS, RequestContext(math.inf))  # type: ignore[arg-type]
    return [answer.text for window in answers for answer in window]


def test_answers_come_in_order() -> None:
    assert texts_of(Service()) == ["text 0", "text 1", "text 2"]


@pytest.mark.parametrize("refused", ["text 0", "text 1", "text 2"])
def test_a_refusal_comes_before_any_answer(refused: str) -> None:
    answers = translate_in_order(Service(refused), REQUESTS, RequestContext(math.inf))  # type: ignore[arg-type]
    with pytest.raises(UnavailableError):
        next(answers)
