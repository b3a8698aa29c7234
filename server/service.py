"""Texts → segments → the pool → texts."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from gpu_pool.errors import QuarantinedError, TranslationError
from gpu_pool.messages import Segment
from gpu_pool.status import PoolStatus
from server.errors import ClientGoneError, TextError
from translator.segmentation import Segmenter

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
    ) -> list[Future[str]]: ...
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


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a request is served."""

    timeout: float  # seconds until it is given up
    client: str = ""  # whose it is: clients take turns
    bulk: bool = False  # lets what is not bulk go first
    client_gone: Callable[[], bool] = lambda: False


def translate(
    pool: Pool,
    model: ServedModel,
    texts: Sequence[str],
    source: str,
    target: str,
    terms: Terms,
) -> list[str]:
    """Translate texts in one go; blank ones come back as they are.

    Raises OverloadedError, UnavailableError and DeadlineError of the pool, TextError where it
    gave up on one text, and ClientGoneError soon after the client has gone. After an error
    no segment of the request is left waiting in the pool.
    """
    documents = [model.segmenter.split(text, source) for text in texts]
    segments = [
        Segment(segment.text, source, target, segment.tokens, model.memory(segment.tokens))
        for document in documents
        for segment in document.segments
    ]
    if not segments:
        return list(texts)
    futures = pool.submit(segments, terms.timeout, terms.client, bulk=terms.bulk)
    owners = [i for i, document in enumerate(documents) for _ in document.segments]
    try:
        _wait_for_all(futures, owners, terms.client_gone)
    finally:
        for future in futures:
            future.cancel()  # no effect on what is done
    translations = iter([future.result() for future in futures])
    return [
        document.join(list(islice(translations, len(document.segments))), target)
        for document in documents
    ]


def _wait_for_all(
    futures: Sequence[Future[str]], owners: Sequence[int], client_gone: Callable[[], bool]
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
