"""Text requests → segments → the pool → translated segments → answers."""

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
from translator.text.detection import Detection, Detector
from translator.text.segmentation import SegmentedText, Segmenter, TextSegment

_CLIENT_CHECK_SECONDS = 0.5
_SAMPLE = 5_000  # characters of a document that its language is detected from


class Pool(Protocol):
    """What the server uses of `gpu_pool.pool.GpuPool`, which documents it."""

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


class Observer(Protocol):
    """Counts what has been translated; `server.metrics.front.Metrics` does."""

    def count_segments(self, segments: int, client: str) -> None: ...
    def count_texts(
        self, requests: Sequence[TextRequest], answers: Sequence[Answer], client: str
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class ServedModel:
    """What the front knows about the model that the workers load."""

    name: str
    languages: tuple[str, ...]
    segmenter: Segmenter
    # (source tokens, alternatives) → bytes of device memory that such a segment holds
    memory: Callable[[int, int], int]


@dataclass(frozen=True, slots=True)
class _Part:
    """One translatable part of a request's text: all of it, or a piece of its HTML."""

    owner: int  # index of the text request
    request: TextRequest


class TranslationService:
    """Translates for all routes, jobs and commands. Any thread may call it."""

    def __init__(
        self,
        pool: Pool,
        model: ServedModel,
        glossaries: Glossaries,
        observer: Observer | None = None,
    ) -> None:
        """`glossaries` apply to every request; a request's own entries override theirs."""
        self._observer = observer
        self._pool = pool
        self._model = model
        self._glossaries = glossaries
        self._detector = Detector(model.languages)

    def detect(self, text: str) -> list[Detection]:
        """Return the languages that a text may be in, most likely first."""
        return self._detector.detect(text)

    def detect_document(self, texts: Sequence[str]) -> str:
        """Return the language of a document: one for all its texts, which may be very short."""
        return self.detect("\n".join(texts)[:_SAMPLE])[0].language

    def translate(self, requests: Sequence[TextRequest], context: RequestContext) -> list[Answer]:
        """Translate all texts; blank ones and those in the target language come back unchanged.

        Raises the pool's OverloadedError, UnavailableError and DeadlineError, TextFailedError where
        the pool gave up on one text, and ClientGoneError soon after the client has disconnected.
        After an error no segment of the request is left waiting in the pool.
        """
        answers = [self.identify(request) for request in requests]
        begun = time.monotonic()

        def translate(parts: list[_Part]) -> list[Translation]:
            left = max(0.0, context.timeout - (time.monotonic() - begun))
            return self._round(parts, replace(context, timeout=left))

        rounds = {
            i: _rounds(i, replace(request, source=answers[i].source))
            for i, request in enumerate(requests)
            if answers[i].source != request.target
        }
        for i, whole in zip(rounds, run_rounds(rounds.values(), translate), strict=True):
            answers[i] = replace(
                answers[i],
                text=whole.text,
                warnings=whole.warnings,
                alternatives=whole.alternatives,
            )
        if self._observer is not None:
            self._observer.count_texts(requests, answers, context.client)
        return answers

    def identify(self, request: TextRequest) -> Answer:
        """Return the answer before translation: the unchanged text, and its language."""
        if request.source != AUTO:
            return Answer(request.text, request.source)
        best = self._detector.detect(request.text)[0]
        return Answer(request.text, best.language, best.confidence)

    def _round(self, parts: Sequence[_Part], context: RequestContext) -> list[Translation]:
        """Translate parts in one round; return one translation for each."""
        split = self._model.segmenter.split
        segmented_texts = [split(part.request.text, part.request.source) for part in parts]
        segments = [
            self._segment(segment, part.request, entries)
            for segmented, part in zip(segmented_texts, parts, strict=True)
            for entries in [self._entries(part.request)]  # once per text
            for segment in segmented.segments
        ]
        owners = [
            part.owner
            for segmented, part in zip(segmented_texts, parts, strict=True)
            for _ in segmented.segments
        ]
        translations = iter(self._submit(segments, owners, context))
        return [
            _join(segmented, list(islice(translations, len(segmented.segments))), part.request)
            for segmented, part in zip(segmented_texts, parts, strict=True)
        ]

    def _entries(self, request: TextRequest) -> Entries:
        """Return the glossary entries whose terms occur in the text."""
        entries = dict(self._glossaries.get((request.source, request.target), ()))
        return occurring((entries | dict(request.glossary)).items(), request.text)

    def _segment(self, segment: TextSegment, request: TextRequest, entries: Entries) -> Segment:
        return Segment(
            segment.text,
            request.source,
            request.target,
            segment.tokens,
            self._model.memory(segment.tokens, request.alternatives),
            request.alternatives,
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
        context.usage.add(segments=len(segments))
        if self._observer is not None:
            self._observer.count_segments(len(segments), context.client)
        return [future.result() for future in futures]


def _rounds(
    owner: int, request: TextRequest
) -> Generator[list[_Part], list[Translation], Translation]:
    """Translate a request in rounds: one for plain text, as many as it takes for HTML."""
    if not request.html:
        return (yield [_Part(owner, request)])[0]
    page = translate_html(request.text)
    warnings: dict[str, None] = {}
    try:
        texts = next(page)
        while True:
            translated = yield [_Part(owner, replace(request, text=text)) for text in texts]
            warnings |= dict.fromkeys(code for each in translated for code in each.warnings)
            texts = page.send([each.text for each in translated])
    except StopIteration as end:
        return Translation(end.value, tuple(warnings))


def _join(
    segmented: SegmentedText, parts: Sequence[Translation], request: TextRequest
) -> Translation:
    """Join the translations of a text's segments, and their alternatives rank by rank.

    A segment with fewer alternatives than others contributes its best translation.
    """
    ranks = max((len(part.alternatives) for part in parts), default=0)
    alternatives = [
        segmented.join([_ranked(part, rank) for part in parts], request.target)
        for rank in range(ranks)
    ]
    return Translation(
        segmented.join([part.text for part in parts], request.target),
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
