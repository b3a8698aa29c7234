"""What all routes share: pool, translation service, concurrency limit, access, metrics, jobs."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import version
from threading import BoundedSemaphore

from gpu_pool.errors import OverloadedError
from gpu_pool.interface import Pool
from server.auth.access import Access
from server.auth.key_source import open_keys
from server.auth.lease_table import LeaseTable
from server.auth.rates import RateTable
from server.auth.shared_rates import Rates, SharedRates
from server.auth.usage import Usage
from server.core.cache import TranslationCache
from server.core.errors import InvalidFieldError, UnsupportedLanguageError
from server.core.glossaries import Glossaries, load_glossaries
from server.core.models import Models
from server.core.nearest_languages import nearest
from server.core.requests import AUTO
from server.core.settings import Settings
from server.core.state import STATE
from server.core.translation import TranslationService
from server.database.interface import Database
from server.database.sqlite import SqliteDatabase
from server.glossaries.store import GlossaryStore
from server.jobs.jobs import Jobs
from server.jobs.store import JobStore
from server.metrics.front import Metrics
from translator.models.languages import name_of

_THREADS_BUSY_RETRY_SECONDS = 1.0
_MOST_LISTED = 100  # languages of a model, in a message


class _Slot:
    """Holds a place among the requests that are served at the same time."""

    def __init__(self, places: BoundedSemaphore) -> None:
        self._places = places

    def __enter__(self) -> None:
        if not self._places.acquire(blocking=False):
            raise OverloadedError(_THREADS_BUSY_RETRY_SECONDS)

    def __exit__(self, *_: object) -> None:
        self._places.release()


@dataclass(frozen=True, slots=True)
class Services:
    """What an application is made of; built once, by `make_services`."""

    settings: Settings
    pool: Pool
    models: Models
    translation: TranslationService
    glossaries: Glossaries
    concurrency: BoundedSemaphore  # translation requests served at the same time
    access: Access
    usage: Usage
    stored_glossaries: GlossaryStore
    metrics: Metrics
    jobs: Jobs | None  # None: jobs are off

    def limit_concurrency(self) -> "_Slot":
        """Count a request in for the duration; OverloadedError where there are too many already.

        A request occupies its thread while it waits; with all threads waiting, no probe would be
        answered.
        """
        return _Slot(self.concurrency)

    def language(
        self, code: str, field: str, *, auto: bool = False, model: str | None = None
    ) -> str:
        """Return the server's code of the language that a field of the request names.

        With `auto`, the word "auto" is accepted too: detect the source. With `model`, it must be
        one of that model's. Raises UnsupportedLanguageError.
        """
        if auto and code.strip().lower() == AUTO:
            return AUTO
        found = self.models.find(code, model)
        if found is None:
            raise UnsupportedLanguageError(self._choices(code, field, model, auto=auto), field)
        return found

    def _choices(self, code: str, field: str, model: str | None, *, auto: bool) -> str:
        """Return the message for a code that no language has."""
        languages = sorted(self.models.languages_of(model))
        hint = self.hint(code, model)
        if len(languages) > _MOST_LISTED:
            return f"{field} must be one of the languages that GET /languages lists{hint}"
        return f"{field} must be one of {', '.join([*([AUTO] if auto else []), *languages])}{hint}"

    def hint(self, code: str, model: str | None = None) -> str:
        """Return the end of a message about a code: what it may mean; "" if nothing is near."""
        close = nearest(code, sorted(self.models.languages_of(model)))
        named = " or ".join(f"{each} ({name_of(each)})" for each in close)
        return f"; did you mean {named}?" if close else ""

    def pair(self, source: str, target: str, model: str | None) -> tuple[str, str]:
        """Return the codes of `source_language`, perhaps AUTO, and `target_language`.

        A request may name the `model`. Raises InvalidFieldError and UnsupportedLanguageError.
        """
        if model is not None and model not in self.models.names:
            raise InvalidFieldError(f"model must be one of {', '.join(self.models.names)}", "model")
        codes = (
            self.language(source, "source_language", auto=True, model=model),
            self.language(target, "target_language", model=model),
        )
        if codes[0] == codes[1]:
            raise InvalidFieldError(
                f"source and target language are both {codes[0]}", "target_language"
            )
        if codes[0] != AUTO:
            try:
                self.models.choose(*codes, model)
            except UnsupportedLanguageError as error:
                raise UnsupportedLanguageError(str(error), "target_language") from None
        return codes


def make_services(
    pool: Pool,
    models: Models,
    settings: Settings,
    store: JobStore | None = None,
    lock: AbstractContextManager[object] | None = None,
    metrics: Metrics | None = None,
    state: Database | None = None,
    processes: int = 1,
) -> Services:
    """Return the services around a pool; they neither start nor close it.

    Jobs are accepted where there is a store for them, and processed once they are started.
    Processes that are forked later enforce rates together with a `lock` between them, count
    together with shared `metrics`, and their number of `processes` divides the bytes of the cache.
    Without these, this is the only process. Without `state`, nothing outlives the services;
    `access.close` closes it. Raises as `load_glossaries` and `open_keys` do.
    """
    glossaries, keys = load_glossaries(settings.glossaries, models.find), open_keys(settings)
    metrics = metrics or Metrics()
    metrics.describe(version("m2m-server"), ",".join(models.names))
    metrics.watch(pool.status)
    cache_bytes = settings.cache_bytes // processes
    translation = _make_translation(pool, models, glossaries, cache_bytes, metrics)
    state = state or SqliteDatabase(None, STATE)
    usage = Usage(state, metrics)
    access = Access(keys, metrics, usage, _make_rates(settings, state, lock))
    return Services(
        settings=settings,
        pool=pool,
        models=models,
        translation=translation,
        glossaries=glossaries,
        concurrency=BoundedSemaphore(settings.http_threads),
        access=access,
        usage=usage,
        stored_glossaries=GlossaryStore(state),
        metrics=metrics,
        jobs=None if store is None else Jobs(store, translation, settings, access.refresh),
    )


def _make_translation(
    pool: Pool, models: Models, glossaries: Glossaries, cache_bytes: int, metrics: Metrics
) -> TranslationService:
    cache = TranslationCache(cache_bytes, metrics)
    translators = {model.name: model.translated_by(pool, cache) for model in models}
    return TranslationService(translators, models, glossaries, metrics)


def _make_rates(
    settings: Settings, state: Database, lock: AbstractContextManager[object] | None
) -> Rates:
    """Return the buckets of this server, or its view of those that it shares with others."""
    alone = RateTable(lock)
    if settings.database is None:
        return alone
    return SharedRates(state, LeaseTable(lock), alone)
