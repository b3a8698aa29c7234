"""The jobs, as the rest of the server sees them."""

import secrets
import threading
from collections.abc import Callable
from types import MappingProxyType

from server.core.errors import (
    KeyReusedError,
    StorageFullError,
    TooManyJobsError,
    UnknownJobError,
)
from server.core.settings import Settings
from server.core.translation import TranslationService
from server.database.interface import StorageError
from server.jobs.changes import Changes
from server.jobs.records import Job, JobSpec, Relations, TextParts
from server.jobs.runner import Runner
from server.jobs.store import JobStore

_ID_BYTES = 16
_GROWTH = 3  # bytes on disk per byte received, at the end
_THREADS_PER_WATCHER = 4  # at most one in so many threads streams events


class Jobs:
    """Accepts and finds jobs, and processes them from `start` to `stop`. Any thread may call it.

    Several processes may share the store, of which one processes: only there is `start` called.
    """

    def __init__(
        self,
        store: JobStore,
        translation: TranslationService,
        settings: Settings,
        refresh: Callable[[], None] = lambda: None,
    ) -> None:
        """`refresh` is called now and then while jobs are processed. `close` closes the store."""
        self.store = store
        self.changes = Changes(store)
        self.reading = threading.Lock()  # only one new job's body is in memory at a time
        self.watchers = threading.BoundedSemaphore(
            max(1, settings.http_threads // _THREADS_PER_WATCHER)
        )
        self._max_jobs = settings.max_jobs
        self._max_bytes = settings.max_jobs_bytes
        self._runner = Runner(store, translation, settings, self.changes, refresh)

    def start(self) -> None:
        """Resume unfinished jobs."""
        self._runner.start()

    def stop(self) -> None:
        """Abandon work in progress, which the next start resumes; end all event streams."""
        self.changes.close()

    def close(self) -> None:
        """Stop, and close the store."""
        self.stop()
        self._runner.join()
        self.store.close()

    def check_capacity(self, size: int) -> None:
        """Check that a job of `size` bytes exceeds no limit.

        Raises TooManyJobsError and StorageFullError.
        """
        jobs, used = self.store.usage()
        if jobs >= self._max_jobs:
            raise TooManyJobsError(
                f"there are {jobs} jobs already; delete those whose results you have"
            )
        if used + _GROWTH * size > self._max_bytes:
            raise StorageFullError("the storage for jobs is full")

    def add(
        self,
        spec: JobSpec,
        parts: TextParts,
        client: str,
        owner: str,
        source: bytes | None = None,
        size: int = 0,
        relations: Relations = MappingProxyType({}),
        id_: str | None = None,
    ) -> Job:
        """Store a job, whose body had `size` bytes, and schedule it. None: it gets a random id.

        Checks its capacity once more: meanwhile others may have stored jobs. Raises
        TooManyJobsError and StorageFullError.
        """
        id_ = id_ or secrets.token_urlsafe(_ID_BYTES)
        try:
            job = self.store.add(
                id_,
                spec,
                parts,
                client,
                owner,
                source,
                relations,
                admit=lambda: self.check_capacity(size),
            )
        except StorageError as error:
            if error.away:
                raise
            raise StorageFullError("the job could not be stored") from error
        self.changes.notify()
        return job

    def repeated(self, id_: str, owner: str, spec: JobSpec, parts: TextParts) -> Job | None:
        """Return the job with an id if there is one. Raises KeyReusedError if it is another job."""
        job = self.store.find(id_)
        if job is None:
            return None
        size = sum(len(part) for text in parts for part in text)
        # A document in progress may have got further texts.
        same = job.spec == spec and (job.characters == size or spec.file is not None)
        if job.owner != owner or not same:
            raise KeyReusedError("this Idempotency-Key belongs to a job with other contents")
        return job

    def find(self, id: str, owner: str) -> Job:  # noqa: A002 - the usual name
        """Return a job of this owner. Raises UnknownJobError."""
        job = self.store.find(id)
        if job is None or job.owner != owner:
            raise UnknownJobError("there is no job with this id")
        return job

    def remove(self, job: Job) -> None:
        """Cancel an unfinished job; delete a finished one."""
        if job.ended:
            self.store.delete(job.number)
        else:
            self.store.finish(job.number, "cancelled")
        self.changes.notify()
