"""The jobs, as the rest of the server sees them."""

import secrets
import sqlite3
import threading

from server.core.errors import StorageFullError, TooManyJobsError, UnknownJobError
from server.core.settings import Settings
from server.core.translation import TranslationService
from server.jobs.records import Job, JobSpec, TextParts
from server.jobs.runner import Runner
from server.jobs.store import JobStore

_ID_BYTES = 16
_GROWTH = 3  # bytes on disk per byte received, at the end
_THREADS_PER_WATCHER = 4  # at most one in so many threads streams events


class Jobs:
    """Accepts, finds and processes jobs, from `start` to `stop`. Any thread may call it."""

    def __init__(
        self, store: JobStore, translation: TranslationService, settings: Settings
    ) -> None:
        """`close` closes the store."""
        self.store = store
        self.reading = threading.Lock()  # only one new job's body is in memory at a time
        self.watchers = threading.BoundedSemaphore(
            max(1, settings.http_threads // _THREADS_PER_WATCHER)
        )
        self.stopping = False
        self._max_jobs = settings.max_jobs
        self._max_bytes = settings.max_jobs_bytes
        self._step = 0
        self._stepped = threading.Condition()
        self._runner = Runner(store, translation, settings, self._notify)

    def start(self) -> None:
        """Resume unfinished jobs."""
        self._runner.start()

    def stop(self) -> None:
        """Abandon work in progress, which the next start resumes; end all event streams."""
        self.stopping = True
        self._runner.stop()
        self._notify()

    def close(self) -> None:
        """Stop, and close the store."""
        self.stop()
        self._runner.close()
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
    ) -> Job:
        """Store a job and schedule it. Raises StorageFullError."""
        id_ = secrets.token_urlsafe(_ID_BYTES)
        try:
            job = self.store.add(id_, spec, parts, client, owner, source)
        except sqlite3.OperationalError as error:
            raise StorageFullError("the job could not be stored") from error
        self._runner.wake()
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
        self._runner.cancel(job.number)
        self._notify()

    def eta(self, job: Job) -> float | None:
        """Return the estimated remaining seconds of a job; None where that is unknown."""
        return self._runner.eta(job)

    @property
    def step(self) -> int:
        """A counter that changes when anything happens to any job."""
        return self._step

    def wait(self, step: int, timeout: float) -> None:
        """Return once `step` has changed, or after `timeout` seconds."""
        with self._stepped:
            self._stepped.wait_for(lambda: self._step != step or self.stopping, timeout)

    def _notify(self) -> None:
        with self._stepped:
            self._step += 1
            self._stepped.notify_all()
