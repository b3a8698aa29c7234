"""A backend on the devices of this machine."""

import hashlib
import math
import time
from collections.abc import Sequence

from bulk.backend import count_devices, language_pair
from bulk.errors import BatchTextError, InputError, RetryableError
from gpu_pool.errors import DeadlineError, OverloadedError, UnavailableError
from gpu_pool.pool import GpuPool
from server.core import errors
from server.core.cache import TranslationCache
from server.core.glossaries import GlossaryError, load_glossaries
from server.core.models import Models
from server.core.pool_factory import prepare
from server.core.requests import AUTO, Answer, RequestContext, TextRequest
from server.core.settings import Settings
from server.core.translation import TranslationService
from translator import CheckpointError

_POLL_SECONDS = 0.05
# This pool has no other clients; the window of batches limits the work in progress.
_UNLIMITED_TOKENS = 2**31


class Local:
    """A Backend with its own pool of worker processes."""

    def __init__(self, settings: Settings, pair: tuple[str, str], per_gpu: int = 1) -> None:
        """Start the workers and wait for the first. Raises InputError and RetryableError.

        `per_gpu` processes like this one share each GPU.
        """
        settings = settings.model_copy(update={"max_queued_tokens": _UNLIMITED_TOKENS})
        try:
            prepared = prepare(settings, per_gpu)
            models = prepared.models
            glossaries = load_glossaries(settings.glossaries, models.find)
        except (TimeoutError, CheckpointError) as error:  # NVML or the hub did not answer
            raise RetryableError(str(error)) from error
        except (GlossaryError, ValueError) as error:
            raise InputError(str(error)) from error
        self.devices, self._pool = prepared.workers, prepared.pool
        self._source, self._target = language_pair(*pair, models.languages)
        if self._source != AUTO:
            _check_pair(models, self._source, self._target)
        cache = TranslationCache(settings.cache_bytes)
        translators = {each.name: each.translated_by(self._pool, cache) for each in models}
        self._service = TranslationService(translators, models, glossaries)
        entries = repr(sorted(glossaries.items())).encode()
        self.fingerprint = {
            "source": self._source,
            "target": self._target,
            "model": ",".join(models.names),
            "engine": settings.engine,
            "dtype": settings.dtype,
            "beams": settings.beams,
            "detector": str(settings.detector) if settings.detector else None,
            "glossaries": hashlib.sha256(entries).hexdigest() if glossaries else None,
        }
        self._pool.start()
        _wait_until_ready(self._pool)

    def translate(self, texts: Sequence[str]) -> list[Answer]:
        """Translate texts; waits while the queue is full."""
        text_requests = [TextRequest(text, self._source, self._target) for text in texts]
        while True:
            try:
                return self._service.translate(text_requests, RequestContext(deadline=math.inf))
            except OverloadedError as error:
                time.sleep(error.retry_after)
            except errors.TextFailedError as error:
                raise BatchTextError(error.index, RetryableError(str(error.reason))) from error
            except (UnavailableError, DeadlineError) as error:
                raise RetryableError(str(error)) from error

    def count_devices(self) -> int:
        """Return the number of GPUs of this machine that translate."""
        return count_devices(self.devices)

    def count_tokens(self) -> int:
        """Return the source tokens that the workers have finished."""
        return sum(worker.finished_tokens for worker in self._pool.status().workers)

    def close(self) -> None:
        """Stop the workers; unfinished work is abandoned."""
        self._pool.close()


def _check_pair(models: Models, source: str, target: str) -> None:
    try:
        models.choose(source, target)
    except errors.UnsupportedLanguageError as error:
        raise InputError(str(error)) from error


def _wait_until_ready(pool: GpuPool) -> None:
    while (status := pool.status()).state == "loading":
        time.sleep(_POLL_SECONDS)
    if status.state == "dead":
        pool.close()
        reasons = {worker.last_error or "unknown" for worker in status.workers}
        raise RetryableError(f"no worker could start: {'; '.join(sorted(reasons))}")
