"""What all routes share: pool, translation service, concurrency limit, access, metrics, jobs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from threading import BoundedSemaphore

from gpu_pool.errors import OverloadedError
from server.auth.access import Access
from server.auth.keys import KeyList
from server.core.errors import InvalidFieldError, UnsupportedLanguageError
from server.core.glossaries import Glossaries, load_glossaries
from server.core.requests import AUTO
from server.core.settings import Settings
from server.core.translation import Pool, ServedModel, TranslationService
from server.jobs.jobs import Jobs
from server.jobs.store import JobStore
from server.metrics.front import Metrics
from server.metrics.pool import PoolCollector
from translator.models.languages import canonical

_THREADS_BUSY_RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Services:
    """What an application is made of; built once, by `make_services`."""

    settings: Settings
    pool: Pool
    model: ServedModel
    translation: TranslationService
    glossaries: Glossaries
    concurrency: BoundedSemaphore  # translation requests served at the same time
    access: Access
    metrics: Metrics
    jobs: Jobs | None  # None: jobs are off

    @contextmanager
    def limit_concurrency(self) -> Iterator[None]:
        """Count a request in for the duration; OverloadedError where there are too many already.

        A request occupies its thread while it waits; with all threads waiting, no probe would be
        answered.
        """
        if not self.concurrency.acquire(blocking=False):
            raise OverloadedError(_THREADS_BUSY_RETRY_SECONDS)
        try:
            yield
        finally:
            self.concurrency.release()

    def language(self, code: str, field: str, *, auto: bool = False) -> str:
        """Return the M2M100 code of the language that a field of the request names.

        With `auto`, the word "auto" is accepted too: detect the source. Raises
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
    """Return the services around a pool; they neither start nor close it.

    Jobs are accepted where there is a store for them, and processed once they are started. Raises
    GlossaryError for an invalid glossary file, and KeysError for an invalid list of API keys.
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
        concurrency=BoundedSemaphore(settings.http_threads),
        access=Access(keys, metrics),
        metrics=metrics,
        jobs=None if store is None else Jobs(store, translation, settings),
    )
