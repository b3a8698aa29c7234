"""Segments as ids through a session: repairs, errors, the cache, clients that leave."""

import math
from collections.abc import Callable, Sequence
from functools import cache
from threading import Event

import pytest

from gpu_pool import messages
from gpu_pool.errors import DeadlineError, OverloadedError, QuarantinedError
from gpu_pool.interface import Session
from gpu_pool.request import Outcome
from server.core.cache import TranslationCache
from server.core.errors import ClientGoneError, TextFailedError
from server.core.pooled_translator import PooledTranslator
from server.core.requests import RequestContext
from server.core.segments import Segment
from tests.fakes import FakePool
from translator.engines import DecodedSegment
from translator.models.checkpoints import resolve
from translator.text_model import TextModel
from translator.verify.steps import TextOptions
from translator.wire import pack_decoded, unpack

CONTEXT = RequestContext(math.inf, client="alice", bulk=True)
Decode = Callable[[str], str | None]


@cache
def model() -> TextModel:
    return TextModel.for_checkpoint(resolve("bundled"), None, thorough=False)


def reversed_words(text: str) -> str:
    return " ".join(reversed(text.split()))


class EchoPool(FakePool):
    """Decodes with a function of text; None: too little memory."""

    def __init__(self, decode: Decode = reversed_words) -> None:
        super().__init__()
        self.decode = decode
        self.sessions: list[EchoSession] = []
        self.opened: list[tuple[float | None, str, bool]] = []
        self.error: Exception | None = None  # of the first submission
        self.outcomes: dict[str, Outcome] = {}  # instead of a translation, by text

    def open(
        self,
        timeout: float | None = None,
        client: str = "",
        *,
        bulk: bool = False,
        model: str | None = None,
    ) -> Session:
        assert model == "bundled"
        self.opened.append((timeout, client, bulk))
        self.sessions.append(EchoSession(self))
        return self.sessions[-1]


class EchoSession:
    """Returns the results of a submission one by one."""

    def __init__(self, pool: EchoPool) -> None:
        self.pool = pool
        self.submissions: list[list[str]] = []
        self.segments: list[messages.Segment] = []
        self.closed = False
        self._waiting: list[tuple[int, Outcome]] = []

    def submit(self, segments: Sequence[tuple[int, messages.Segment]]) -> None:
        if self.pool.error is not None:
            raise self.pool.error
        texts = []
        for key, segment in segments:
            text = model().tokenizer.decode(unpack(key, segment.payload).source_ids)
            self._waiting.append((key, self._outcome(text)))
            texts.append(text)
            self.segments.append(segment)
        self.submissions.append(texts)

    def confirm(self) -> None:
        if self.pool.refusal is not None:
            raise self.pool.refusal

    def take(self, timeout: float) -> list[tuple[int, Outcome]]:
        return [self._waiting.pop()] if self._waiting else []

    def close(self) -> None:
        self.closed = True

    def _outcome(self, text: str) -> Outcome:
        if text in self.pool.outcomes:
            return self.pool.outcomes[text]
        translation = self.pool.decode(text)
        ids = None if translation is None else model().tokenizer.encode_pieces(translation)
        return pack_decoded(DecodedSegment(0, ids))


def segments(*texts: str, alternatives: int = 0) -> list[Segment]:
    options = TextOptions("en", "de", alternatives)
    return [
        Segment(owner, piece, options)
        for owner, text in enumerate(texts)
        for piece in model().segmenter.split(text, "en").segments
    ]


def translator(pool: EchoPool, cache_bytes: int = 0) -> PooledTranslator:
    cache = TranslationCache(cache_bytes)
    return PooledTranslator(pool, model(), lambda tokens, beams: tokens * beams, cache)


def translate(pool: EchoPool, *texts: str, cache_bytes: int = 0) -> list[str]:
    found = translator(pool, cache_bytes).translate(segments(*texts), CONTEXT)
    return [each.text for each in found]


def test_results_are_in_the_order_of_the_segments_however_they_arrive() -> None:
    pool = EchoPool()
    assert translate(pool, "We are here", "You were there") == ["here are We", "there were You"]
    (session,) = pool.sessions
    assert session.submissions == [["We are here", "You were there"]]
    assert session.closed
    assert pool.opened == [(math.inf, "alice", True)]


def test_a_segment_has_its_tokens_and_the_memory_of_its_decoding() -> None:
    pool = EchoPool()
    [segment] = segments("We are here")
    translator(pool).translate([segment], CONTEXT)
    [sent] = pool.sessions[0].segments
    assert sent.tokens == segment.piece.tokens
    assert sent.memory == sent.tokens * model().rules.decoding.beams


def test_a_repair_is_a_later_submission_of_the_same_session() -> None:
    """A translation that only repeats the text is decoded again; then it has a warning."""
    pool = EchoPool(lambda text: text)
    [found] = translator(pool).translate(segments("we go there now and then"), CONTEXT)
    assert "untranslated" in found.warnings
    (session,) = pool.sessions
    assert session.submissions[:2] == [["we go there now and then"]] * 2


@pytest.mark.parametrize("error", [OverloadedError(2.0), DeadlineError("late")])
def test_errors_of_the_session_pass_and_it_is_closed(error: Exception) -> None:
    pool = EchoPool()
    pool.error = error
    with pytest.raises(type(error)):
        translate(pool, "We are here")
    assert pool.sessions[0].closed


def test_an_error_of_a_segment_names_its_text() -> None:
    pool = EchoPool()
    pool.outcomes["You were there"] = QuarantinedError("2 workers died")
    with pytest.raises(TextFailedError) as raised:
        translate(pool, "We are here", "You were there")
    assert raised.value.index == 1
    assert pool.sessions[0].closed


def test_too_little_memory_names_the_text() -> None:
    pool = EchoPool(lambda text: None if text == "You were there" else "hier")
    with pytest.raises(TextFailedError, match="memory") as raised:
        translate(pool, "We are here", "You were there")
    assert raised.value.index == 1


def test_a_client_that_leaves_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.core.pooled_translator._CLIENT_CHECK_SECONDS", 0.0)
    pool = EchoPool()
    context = RequestContext(math.inf, client_gone=lambda: True)
    with pytest.raises(ClientGoneError):
        translator(pool).translate(segments("We are here", "You were there"), context)
    assert pool.sessions[0].closed


def test_cached_segments_cost_no_session() -> None:
    pool = EchoPool()
    cached = translator(pool, cache_bytes=10_000)
    first = cached.translate(segments("We are here", "You were there"), CONTEXT)
    assert cached.translate(segments("We are here", "You were there"), CONTEXT) == first
    assert len(pool.sessions) == 1
    found = cached.translate(segments("We are here", "They went home"), CONTEXT)
    assert [each.text for each in found] == ["here are We", "home went They"]
    assert pool.sessions[1].submissions == [["They went home"]]


@pytest.mark.parametrize(
    ("context", "alternatives"),
    [(RequestContext(math.inf, cached=False), 0), (CONTEXT, 2)],
)
def test_no_store_and_alternatives_bypass_the_cache(
    context: RequestContext, alternatives: int
) -> None:
    pool = EchoPool()
    cached = translator(pool, cache_bytes=10_000)
    for _ in range(2):
        cached.translate(segments("We are here", alternatives=alternatives), context)
    assert len(pool.sessions) == 2
    assert cached.cache.bytes == 0


def test_failures_are_not_cached() -> None:
    pool = EchoPool(lambda _: None)
    cached = translator(pool, cache_bytes=10_000)
    with pytest.raises(TextFailedError):
        cached.translate(segments("We are here"), CONTEXT)
    pool.decode = reversed_words
    [found] = cached.translate(segments("We are here"), CONTEXT)
    assert found.text == "here are We"


def test_work_is_accepted_once_the_pool_has_confirmed_it() -> None:
    pool, accepted = EchoPool(), Event()
    context = RequestContext(math.inf, accepted=accepted.set)
    pool.refusal = OverloadedError(1.0)
    with pytest.raises(OverloadedError):
        translator(pool).translate(segments("We are here"), context)
    assert not accepted.is_set()
    pool.refusal = None
    translator(pool).translate(segments("We are here"), context)
    assert accepted.is_set()
