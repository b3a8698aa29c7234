"""What all routes share: pool, translation service, concurrency limit, access, metrics, jobs."""

from dataclasses import dataclass
from importlib.metadata import version
from threading import BoundedSemaphore

from gpu_pool.errors import OverloadedError
from gpu_pool.interface import Pool
from server.auth.access import Access
from server.auth.keys import KeyList
from server.auth.rates import RateTable
from server.auth.usage import Usage
from server.core.database import Database
from server.core.errors import InvalidFieldError, UnsupportedLanguageError
from server.core.glossaries import Glossaries, load_glossaries
from server.core.nearest_languages import nearest
from server.core.requests import AUTO
from server.core.served_model import ServedModel
from server.core.settings import Settings
from server.core.state import STATE
from server.core.translation import TranslationService
from server.glossaries.store import GlossaryStore
from server.jobs.jobs import Jobs
from server.jobs.store import JobStore
from server.metrics.front import Metrics
from translator.models.languages import find, name_of

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
    model: ServedModel
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

    def language(self, code: str, field: str, *, auto: bool = False) -> str:
        """Return the model's code of the language that a field of the request names.

        With `auto`, the word "auto" is accepted too: detect the source. Raises
        UnsupportedLanguageError.
        """
        if auto and code.strip().lower() == AUTO:
            return AUTO
        found = find(code, self.model.languages)
        if found is None:
            raise UnsupportedLanguageError(self._choices(code, field, auto=auto), field)
        return found

    def _choices(self, code: str, field: str, *, auto: bool) -> str:
        """Return the message for a code that no language of the model has."""
        languages = sorted(self.model.languages)
        hint = self.hint(code)
        if len(languages) > _MOST_LISTED:
            return f"{field} must be one of the languages that GET /languages lists{hint}"
        return f"{field} must be one of {', '.join([*([AUTO] if auto else []), *languages])}{hint}"

    def hint(self, code: str) -> str:
        """Return the end of a message about a code: what it may mean; "" if nothing is near."""
        close = nearest(code, sorted(self.model.languages))
        named = " or ".join(f"{each} ({name_of(each)})" for each in close)
        return f"; did you mean {named}?" if close else ""

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
    pool: Pool,
    model: ServedModel,
    settings: Settings,
    store: JobStore | None = None,
    rates: RateTable | None = None,
    metrics: Metrics | None = None,
    state: Database | None = None,
) -> Services:
    """Return the services around a pool; they neither start nor close it.

    Jobs are accepted where there is a store for them, and processed once they are started.
    Processes that have `rates` in common enforce them together, and with shared `metrics` they
    count together; without them, this is the only process. Without `state`, nothing is kept longer
    than the services; `usage.close` closes it. Raises GlossaryError for an invalid
    glossary file, and KeysError for an invalid list of API keys.
    """
    glossaries = load_glossaries(settings.glossaries, model.languages)
    keys = KeyList(settings)
    metrics = metrics or Metrics()
    metrics.describe(version("m2m-server"), model.name)
    metrics.watch(pool.status)
    translation = TranslationService(model.translated_by(pool, metrics), model, glossaries, metrics)
    state = state or Database(None, STATE)
    usage = Usage(state, metrics)
    access = Access(keys, metrics, usage, rates)
    return Services(
        settings=settings,
        pool=pool,
        model=model,
        translation=translation,
        glossaries=glossaries,
        concurrency=BoundedSemaphore(settings.http_threads),
        access=access,
        usage=usage,
        stored_glossaries=GlossaryStore(state),
        metrics=metrics,
        jobs=None if store is None else Jobs(store, translation, settings, access.refresh),
    )
