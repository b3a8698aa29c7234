"""A backend on the devices of this machine."""

import hashlib
import math
import time
from collections.abc import Sequence

from bulk.backend import language_pair
from bulk.errors import BatchTextError, InputError, RetryableError
from gpu_pool.devices import parse_devices
from gpu_pool.errors import DeadlineError, OverloadedError, UnavailableError
from gpu_pool.pool import GpuPool
from server.core import errors
from server.core.glossaries import GlossaryError, load_glossaries
from server.core.pool_factory import describe_model, make_pool
from server.core.requests import Answer, RequestContext, TextRequest
from server.core.settings import Settings
from server.core.translation import TranslationService
from translator import CheckpointError
from translator.models.checkpoints import resolve
from translator.text.fasttext_file import FasttextFileError

_POLL_SECONDS = 0.05
# This pool has no other clients; the window of batches limits the work in progress.
_UNLIMITED_TOKENS = 2**31


class Local:
    """A Backend with its own pool of worker processes."""

    def __init__(self, settings: Settings, pair: tuple[str, str]) -> None:
        """Start the workers and wait for the first. Raises InputError and RetryableError."""
        settings = settings.model_copy(update={"max_queued_tokens": _UNLIMITED_TOKENS})
        try:
            self.devices = parse_devices(settings.devices)
            checkpoint = resolve(settings.model, local_files_only=settings.local_files_only)
            model = describe_model(settings, self.devices, checkpoint)
            glossaries = load_glossaries(settings.glossaries, model.languages)
            self._pool = make_pool(settings, self.devices, checkpoint)
        except (TimeoutError, CheckpointError) as error:  # NVML or the hub did not answer
            raise RetryableError(f"model {settings.model}: {error}") from error
        except FasttextFileError as error:
            raise InputError(f"detector {settings.detector}: {error}") from error
        except (GlossaryError, ValueError) as error:
            raise InputError(str(error)) from error
        self._source, self._target = language_pair(*pair, model.languages)
        self._service = TranslationService(model.translated_by(self._pool), model, glossaries)
        entries = repr(sorted(glossaries.items())).encode()
        self.fingerprint = {
            "source": self._source,
            "target": self._target,
            "model": model.name,
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
                return self._service.translate(text_requests, RequestContext(timeout=math.inf))
            except OverloadedError as error:
                time.sleep(error.retry_after)
            except errors.TextFailedError as error:
                raise BatchTextError(error.index, RetryableError(str(error.reason))) from error
            except (UnavailableError, DeadlineError) as error:
                raise RetryableError(str(error)) from error

    def close(self) -> None:
        """Stop the workers; unfinished work is abandoned."""
        self._pool.close()


def _wait_until_ready(pool: GpuPool) -> None:
    while (status := pool.status()).state == "loading":
        time.sleep(_POLL_SECONDS)
    if status.state == "dead":
        pool.close()
        reasons = {worker.last_error or "unknown" for worker in status.workers}
        raise RetryableError(f"no worker could start: {'; '.join(sorted(reasons))}")
