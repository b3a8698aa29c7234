"""One request → one submission; order, shape and blanks are kept; nothing is left behind."""

import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gpu_pool.errors import (
    DeadlineError,
    OverloadedError,
    QuarantinedError,
    TranslationError,
    UnavailableError,
)
from server.core.errors import ClientGoneError, TextFailedError
from server.core.requests import AUTO, RequestContext, TextRequest
from server.core.translation import TranslationService
from tests.fakes import FakePool, one_model


def run(pool: FakePool, *texts: str) -> list[str]:
    service = TranslationService({"fake": pool}, one_model(), {})
    text_requests = [TextRequest(text, "en", "de") for text in texts]
    return [
        answer.text
        for answer in service.translate(text_requests, RequestContext(time.monotonic() + 7.0))
    ]


def test_sentences_travel_alone_and_come_back_in_their_place() -> None:
    pool = FakePool()
    assert run(pool, " One. Two!\n\n\tthree", "four") == [" ONE. TWO!\n\n\tTHREE", "FOUR"]
    assert [segment.text for segment in pool.submitted] == ["One.", "Two!", "three", "four"]


def test_a_segment_carries_its_owner_languages_cost_and_deadline() -> None:
    pool = FakePool()
    run(pool, "", "Hello")
    segment = pool.submitted[0]
    assert (segment.owner, segment.piece.tokens) == (1, 5)
    assert (segment.options.source, segment.options.target) == ("en", "de")
    assert pool.timeouts == [pytest.approx(7.0, abs=1)]


def test_all_texts_of_a_request_are_submitted_together() -> None:
    pool = FakePool()
    run(pool, "a", "b", "c")
    assert len(pool.timeouts) == 1


@pytest.mark.parametrize("blank", ["", " ", "\n\t \r\n", "\u2028"])
def test_blank_texts_come_back_as_they_are_even_without_a_pool(blank: str) -> None:
    pool = FakePool("dead")
    assert run(pool, blank, "") == [blank, ""]
    assert pool.submitted == []


def test_blank_texts_among_others_keep_their_place() -> None:
    assert run(FakePool(), "", "a", " \n", "b") == ["", "A", " \n", "B"]


@pytest.mark.parametrize(
    "refusal", [OverloadedError(2.0), UnavailableError("loading"), DeadlineError("late")]
)
def test_what_the_pool_raises_passes_through(refusal: Exception) -> None:
    pool = FakePool()
    pool.refusal = refusal  # type: ignore[assignment]
    with pytest.raises(type(refusal)) as raised:
        run(pool, "a")
    assert raised.value is refusal


@pytest.mark.parametrize("failure", [TranslationError("no"), QuarantinedError("no")])
def test_a_text_that_fails_is_named_by_its_index(failure: Exception) -> None:
    pool = FakePool()
    pool.failures["Bad."] = failure
    with pytest.raises(TextFailedError) as raised:
        run(pool, "Good. Fine.", " ", "Well. Bad.")
    assert raised.value.index == 2
    assert raised.value.reason is failure


def test_an_error_cancels_the_segments_that_wait() -> None:
    pool = FakePool()
    pool.holding = True
    with ThreadPoolExecutor(1) as executor:
        request = executor.submit(run, pool, "a", "b", "c")
        pool.wait_until_holding(3)
        pool.futures[1].set_exception(DeadlineError("late"))
        with pytest.raises(DeadlineError):
            request.result(timeout=10)
    assert pool.futures[0].cancelled()
    assert pool.futures[2].cancelled()


def test_a_client_that_hangs_up_cancels_its_segments() -> None:
    pool = FakePool()
    pool.holding = True
    gone = threading.Event()
    with ThreadPoolExecutor(1) as executor:
        context = RequestContext(math.inf, client_gone=gone.is_set)
        service = TranslationService({"fake": pool}, one_model(), {})
        request = executor.submit(service.translate, [TextRequest("a", "en", "de")], context)
        pool.wait_until_holding(1)
        gone.set()
        with pytest.raises(ClientGoneError):
            request.result(timeout=10)
    assert pool.futures[0].cancelled()


def test_a_text_that_is_a_term_is_in_the_language_of_its_glossary() -> None:
    """Of those that it may be in: a single word fits several."""
    glossaries = {("de", "fr"): (("Gift", "poison"),), ("en", "fr"): (("gift", "cadeau"),)}
    detected = {
        pair: TranslationService({"fake": FakePool()}, one_model(), {pair: glossaries[pair]})
        .identify(TextRequest(" Gift\n", AUTO, "fr"))
        .source
        for pair in glossaries
    }
    assert detected == {("de", "fr"): "de", ("en", "fr"): "en"}
    service = TranslationService({"fake": FakePool()}, one_model(), glossaries)
    sentence = "Where is the nearest railway station?"
    assert service.identify(TextRequest(sentence, AUTO, "fr")).source == "en"
    assert service.detect_document(["Gift"], "he", None) == service.detect("Gift")[0].language
