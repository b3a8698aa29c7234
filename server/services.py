"""What the routes share: the pool, the translation service, the gate, who asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from threading import BoundedSemaphore

from flask import request

from gpu_pool.errors import OverloadedError
from server.auth.access import Access
from server.auth.keys import KeyList
from server.core.errors import InvalidFieldError, UnsupportedLanguageError
from server.core.glossaries import Glossaries, load_glossaries
from server.core.requests import AUTO, RequestContext
from server.core.settings import Settings
from server.core.translation import Pool, ServedModel, TranslationService
from server.http.request_log import current_record
from server.jobs.jobs import Jobs
from server.jobs.store import JobStore
from server.metrics.front import Metrics
from server.metrics.pool import PoolCollector
from translator.models.languages import canonical

_THREADS_BUSY_RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Services:
    """All that an application is made of; made once, by `make_services`."""

    settings: Settings
    pool: Pool
    model: ServedModel
    translation: TranslationService
    glossaries: Glossaries
    slots: BoundedSemaphore  # translation requests that may be in hand
    access: Access
    metrics: Metrics
    jobs: Jobs | None  # None: they are off

    @contextmanager
    def gate(self) -> Iterator[None]:
        """Hold one of the threads that may wait for translations; OverloadedError if none is left.

        Requests wait in their threads; with all threads waiting, no probe would be answered.
        """
        if not self.slots.acquire(blocking=False):
            raise OverloadedError(_THREADS_BUSY_RETRY_SECONDS)
        try:
            yield
        finally:
            self.slots.release()

    def context(self, timeout: float | None = None, *, bulk: bool = False) -> RequestContext:
        """Return the terms of the request in hand; its timeout is in seconds, None: the usual.

        Its client is the API key that was admitted, else the address.
        """
        record = current_record()
        return RequestContext(
            timeout=self.settings.timeout if timeout is None else timeout,
            client=(record.client if record else "") or request.remote_addr or "",
            bulk=bulk,
            client_gone=request.environ.get("waitress.client_disconnected", lambda: False),
        )

    def language(self, code: str, field: str, *, auto: bool = False) -> str:
        """Return M2M100's code of a language that a field of the request names.

        With `auto`, that word may stand for a source that is to be detected. Raises
        UnsupportedLanguageError.
        """
        if auto and code.strip().lower() == AUTO:
            return AUTO
        if canonical(code) not in self.model.languages:
            choices = [*([AUTO] if auto else []), *sorted(self.model.languages)]
            raise UnsupportedLanguageError(f"{field} must be one of {', '.join(choices)}", field)
        return canonical(code)

    def pair(self, source: str, target: str) -> tuple[str, str]:
        """Return the codes of `source_language`, perhaps AUTO, and `target_language`."""
        codes = (
            self.language(source, "source_language", auto=True),
            self.language(target, "target_language"),
        )
        if codes[0] == codes[1]:
            raise InvalidFieldError(
                f"source and target language are both {codes[0]}", "target_language"
            )
        return codes


def make_services(
    pool: Pool, model: ServedModel, settings: Settings, store: JobStore | None = None
) -> Services:
    """Return the services around a pool, which they neither start nor close.

    Jobs are taken where there is a store for them; nobody works on them before they are started.

    Raises GlossaryError where a file of the folder of glossaries is wrong, and KeysError where the
    list of API keys is.
    """
    glossaries = load_glossaries(settings.glossaries, model.languages)
    keys = KeyList(settings)
    metrics = Metrics()
    metrics.describe(version("m2m-server"), model.name)
    metrics.registry.register(PoolCollector(pool.status))
    translation = TranslationService(pool, model, glossaries, metrics)
    return Services(
        settings=settings,
        pool=pool,
        model=model,
        translation=translation,
        glossaries=glossaries,
        slots=BoundedSemaphore(settings.http_threads),
        access=Access(keys, metrics),
        metrics=metrics,
        jobs=None if store is None else Jobs(store, translation, settings),
    )
