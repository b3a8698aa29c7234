"""Orders → texts → segments → the pool → texts → answers."""

import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

from gpu_pool.errors import QuarantinedError, TranslationError
from gpu_pool.messages import Segment, Translation
from gpu_pool.status import PoolStatus
from server.errors import ClientGoneError, TextError
from server.glossaries import Glossaries
from server.metrics import Metrics
from server.orders import AUTO, Answer, Order, Terms
from server.request_log import note_segments
from translator.detection import Detection, Detector
from translator.segmentation import Document, Segmenter

_CLIENT_CHECK_SECONDS = 0.5

# Yields texts to translate, round by round; receives their translations; returns the whole.
Conversation = Generator[list[str], list[str], str]


class Pool(Protocol):
    """What the server asks of `gpu_pool.pool.GpuPool`, which documents it."""

    def start(self) -> None: ...
    def submit(
        self,
        segments: Sequence[Segment],
        timeout: float | None = None,
        client: str = "",
        *,
        bulk: bool = False,
    ) -> list[Future[Translation]]: ...
    def status(self) -> PoolStatus: ...
    def restart(self, device: str) -> None: ...
    def drain(self, timeout: float) -> bool: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ServedModel:
    """What the front knows of the model that the workers load."""

    name: str
    languages: tuple[str, ...]
    segmenter: Segmenter
    memory: Callable[[int], int]  # bytes of device memory for a segment of n source tokens


class TranslationService:
    """Translates for every interface that the server has. Any thread may call it."""

    def __init__(
        self,
        pool: Pool,
        model: ServedModel,
        glossaries: Glossaries,
        metrics: Metrics | None = None,
    ) -> None:
        """`glossaries` hold for every order; the entries of an order win over theirs."""
        self._metrics = metrics or Metrics()
        self._pool = pool
        self._model = model
        self._glossaries = glossaries
        self._detector = Detector(model.languages)

    def detect(self, text: str) -> list[Detection]:
        """Return the languages that a text may be in, the likeliest first."""
        return self._detector.detect(text)

    def translate(self, orders: Sequence[Order], terms: Terms) -> list[Answer]:
        """Translate all in one go; blank texts, and those in the target language, stay.

        Raises OverloadedError, UnavailableError and DeadlineError of the pool, TextError where it
        gave up on one text, and ClientGoneError soon after the client has gone. After an error
        no segment of the request is left waiting in the pool.
        """
        answers = [self._identify(order) for order in orders]
        deadline = time.monotonic() + terms.timeout
        talks = {
            i: _converse(order)
            for i, order in enumerate(orders)
            if answers[i].source != order.target
        }
        asked, whole = _begin(talks)
        while asked:
            items = [
                (i, replace(orders[i], text=text, source=answers[i].source))
                for i, texts in asked.items()
                for text in texts
            ]
            left = max(0.0, deadline - time.monotonic())
            translations = self._round(items, replace(terms, timeout=left))
            for (i, _), translation in zip(items, translations, strict=True):
                answers[i] = _note(answers[i], translation)
            said = iter(translations)
            asked, ended = _go_on(
                talks, {i: [t.text for t in islice(said, len(q))] for i, q in asked.items()}
            )
            whole |= ended
        self._metrics.count_texts(orders, answers, terms.client)
        return [replace(answer, text=whole.get(i, answer.text)) for i, answer in enumerate(answers)]

    def _identify(self, order: Order) -> Answer:
        """Return the answer as far as it is known: the text as it is, and its language."""
        if order.source != AUTO:
            return Answer(order.text, order.source)
        best = self._detector.detect(order.text)[0]
        return Answer(order.text, best.language, best.confidence)

    def _round(self, items: Sequence[tuple[int, Order]], terms: Terms) -> list[Translation]:
        """Translate texts, each for the request's text of that index."""
        documents = [self._model.segmenter.split(order.text, order.source) for _, order in items]
        segments = [
            self._segment(segment.text, segment.tokens, order)
            for document, (_, order) in zip(documents, items, strict=True)
            for segment in document.segments
        ]
        owners = [
            i for document, (i, _) in zip(documents, items, strict=True) for _ in document.segments
        ]
        translations = iter(self._submit(segments, owners, terms))
        return [
            _join(document, list(islice(translations, len(document.segments))), order)
            for document, (_, order) in zip(documents, items, strict=True)
        ]

    def _segment(self, text: str, tokens: int, order: Order) -> Segment:
        entries = dict(self._glossaries.get((order.source, order.target), ()))
        entries |= order.glossary
        folded = text.casefold() if entries else ""
        return Segment(
            text,
            order.source,
            order.target,
            tokens,
            self._model.memory(tokens),
            order.alternatives,
            tuple(entry for entry in entries.items() if entry[0].casefold() in folded),
        )

    def _submit(
        self, segments: Sequence[Segment], owners: Sequence[int], terms: Terms
    ) -> list[Translation]:
        if not segments:
            return []
        futures = self._pool.submit(segments, terms.timeout, terms.client, bulk=terms.bulk)
        try:
            _wait_for_all(futures, owners, terms.client_gone)
        finally:
            for future in futures:
                future.cancel()  # no effect on what is done
        self._metrics.count_segments(len(segments), terms.client)
        note_segments(len(segments))
        return [future.result() for future in futures]


def _converse(order: Order) -> Conversation:
    if not order.html:
        return _plain(order.text)
    from translator.documents import translate_html

    return translate_html(order.text)


def _plain(text: str) -> Conversation:
    return (yield [text])[0]


def _begin(talks: dict[int, Conversation]) -> tuple[dict[int, list[str]], dict[int, str]]:
    """Return the first questions of each conversation, and those that had none, ended."""
    asked: dict[int, list[str]] = {}
    whole: dict[int, str] = {}
    for i, talk in talks.items():
        try:
            asked[i] = next(talk)
        except StopIteration as end:
            whole[i] = end.value
    return asked, whole


def _go_on(
    talks: dict[int, Conversation], said: dict[int, list[str]]
) -> tuple[dict[int, list[str]], dict[int, str]]:
    """Tell the conversations what was said; return as `_begin` does."""
    asked: dict[int, list[str]] = {}
    whole: dict[int, str] = {}
    for i, answers in said.items():
        try:
            asked[i] = talks[i].send(answers)
        except StopIteration as end:
            whole[i] = end.value
    return asked, whole


def _note(answer: Answer, translation: Translation) -> Answer:
    """Add what is doubtful in a part of a text, and the other ways to translate it."""
    warnings = dict.fromkeys((*answer.warnings, *translation.warnings))
    return replace(answer, warnings=tuple(warnings), alternatives=translation.alternatives)


def _join(document: Document, parts: Sequence[Translation], order: Order) -> Translation:
    """Put the translations of a text's segments together; alternatives rank by rank.

    Where a segment has fewer alternatives than another, its best stands in.
    """
    ranks = max((len(part.alternatives) for part in parts), default=0)
    alternatives = [
        document.join([_ranked(part, rank) for part in parts], order.target)
        for rank in range(ranks)
    ]
    return Translation(
        document.join([part.text for part in parts], order.target),
        tuple(dict.fromkeys(code for part in parts for code in part.warnings)),
        tuple(alternatives),
    )


def _ranked(part: Translation, rank: int) -> str:
    return part.alternatives[rank] if rank < len(part.alternatives) else part.text


def _wait_for_all(
    futures: Sequence[Future[Translation]],
    owners: Sequence[int],
    client_gone: Callable[[], bool],
) -> None:
    """Return when all is translated; raise as soon as one segment failed."""
    waiting = True
    while waiting:
        waiting = bool(wait(futures, _CLIENT_CHECK_SECONDS, FIRST_EXCEPTION).not_done)
        for owner, future in zip(owners, futures, strict=True):
            error = future.exception() if future.done() else None
            if isinstance(error, QuarantinedError | TranslationError):
                raise TextError(owner, error) from error
            if error is not None:
                raise error
        if waiting and client_gone():
            raise ClientGoneError
