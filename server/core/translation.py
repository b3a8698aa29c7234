"""Orders → texts → segments → the pool → texts → answers."""

import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

from documents import run_rounds, translate_html
from gpu_pool.errors import QuarantinedError, TranslationError
from gpu_pool.messages import Segment, Translation
from gpu_pool.status import PoolStatus
from server.core.errors import ClientGoneError, TextFailedError
from server.core.glossaries import Entries, Glossaries, occurring
from server.core.requests import AUTO, Answer, RequestContext, TextRequest
from server.http.request_log import note_segments
from server.metrics.front import Metrics
from translator.text.detection import Detection, Detector
from translator.text.segmentation import SegmentedText, Segmenter, TextSegment

_CLIENT_CHECK_SECONDS = 0.5


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
    # bytes of device memory for a segment of so many source tokens, and so many alternatives
    memory: Callable[[int, int], int]


@dataclass(frozen=True, slots=True)
class _Part:
    """What is to be translated of a request's text: all of it, or a part of its HTML."""

    owner: int  # index of the text
    text_request: TextRequest


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

    def translate(
        self, text_requests: Sequence[TextRequest], context: RequestContext
    ) -> list[Answer]:
        """Translate all in one go; blank texts, and those in the target language, stay.

        Raises OverloadedError, UnavailableError and DeadlineError of the pool, TextError where it
        gave up on one text, and ClientGoneError soon after the client has gone. After an error
        no segment of the request is left waiting in the pool.
        """
        answers = [self.identify(text_request) for text_request in text_requests]
        begun = time.monotonic()

        def translate(asked: list[_Part]) -> list[Translation]:
            left = max(0.0, context.timeout - (time.monotonic() - begun))
            return self._round(asked, replace(context, timeout=left))

        talks = {
            i: _talk(i, replace(text_request, source=answers[i].source))
            for i, text_request in enumerate(text_requests)
            if answers[i].source != text_request.target
        }
        for i, whole in zip(talks, run_rounds(talks.values(), translate), strict=True):
            answers[i] = replace(
                answers[i],
                text=whole.text,
                warnings=whole.warnings,
                alternatives=whole.alternatives,
            )
        self._metrics.count_texts(text_requests, answers, context.client)
        return answers

    def identify(self, text_request: TextRequest) -> Answer:
        """Return the answer as far as it is known: the text as it is, and its language."""
        if text_request.source != AUTO:
            return Answer(text_request.text, text_request.source)
        best = self._detector.detect(text_request.text)[0]
        return Answer(text_request.text, best.language, best.confidence)

    def _round(self, parts: Sequence[_Part], context: RequestContext) -> list[Translation]:
        """Translate parts of orders, each whole."""
        split = self._model.segmenter.split
        documents = [split(part.text_request.text, part.text_request.source) for part in parts]
        segments = [
            self._segment(segment, part.text_request, entries)
            for document, part in zip(documents, parts, strict=True)
            for entries in [self._entries(part.text_request)]  # once a text, however long it is
            for segment in document.segments
        ]
        owners = [
            part.owner
            for document, part in zip(documents, parts, strict=True)
            for _ in document.segments
        ]
        translations = iter(self._submit(segments, owners, context))
        return [
            _join(document, list(islice(translations, len(document.segments))), part.text_request)
            for document, part in zip(documents, parts, strict=True)
        ]

    def _entries(self, text_request: TextRequest) -> Entries:
        """Return what the glossaries say of the terms in an order's text."""
        entries = dict(self._glossaries.get((text_request.source, text_request.target), ()))
        return occurring((entries | dict(text_request.glossary)).items(), text_request.text)

    def _segment(
        self, segment: TextSegment, text_request: TextRequest, entries: Entries
    ) -> Segment:
        return Segment(
            segment.text,
            text_request.source,
            text_request.target,
            segment.tokens,
            self._model.memory(segment.tokens, text_request.alternatives),
            text_request.alternatives,
            occurring(entries, segment.text),
        )

    def _submit(
        self, segments: Sequence[Segment], owners: Sequence[int], context: RequestContext
    ) -> list[Translation]:
        if not segments:
            return []
        futures = self._pool.submit(segments, context.timeout, context.client, bulk=context.bulk)
        try:
            _wait_for_all(futures, owners, context.client_gone)
        finally:
            for future in futures:
                future.cancel()  # no effect on what is done
        self._metrics.count_segments(len(segments), context.client)
        note_segments(len(segments))
        return [future.result() for future in futures]


def _talk(
    owner: int, text_request: TextRequest
) -> Generator[list[_Part], list[Translation], Translation]:
    """Make an order's conversation: of plain text one round, of HTML as many as it takes."""
    if not text_request.html:
        return (yield [_Part(owner, text_request)])[0]
    page = translate_html(text_request.text)
    warnings: dict[str, None] = {}
    try:
        texts = next(page)
        while True:
            said = yield [_Part(owner, replace(text_request, text=text)) for text in texts]
            warnings |= dict.fromkeys(code for each in said for code in each.warnings)
            texts = page.send([each.text for each in said])
    except StopIteration as end:
        return Translation(end.value, tuple(warnings))


def _join(
    document: SegmentedText, parts: Sequence[Translation], text_request: TextRequest
) -> Translation:
    """Put the translations of a text's segments together; alternatives rank by rank.

    Where a segment has fewer alternatives than another, its best stands in.
    """
    ranks = max((len(part.alternatives) for part in parts), default=0)
    alternatives = [
        document.join([_ranked(part, rank) for part in parts], text_request.target)
        for rank in range(ranks)
    ]
    return Translation(
        document.join([part.text for part in parts], text_request.target),
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
                raise TextFailedError(owner, error) from error
            if error is not None:
                raise error
        if waiting and client_gone():
            raise ClientGoneError
