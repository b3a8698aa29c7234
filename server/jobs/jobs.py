"""What the rest of the server sees of the jobs."""

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
_GROWTH = 3  # bytes on the disk, in the end, for each that is sent
_WATCHERS_SHARE = 4  # one in so many threads may wait for events


class Jobs:
    """Takes jobs, finds them, and works on them from `start` to `stop`. Any thread may call it."""

    def __init__(
        self, store: JobStore, translation: TranslationService, settings: Settings
    ) -> None:
        """The store is closed with the jobs."""
        self.store = store
        self.reading = threading.Lock()  # the body of one new job is in memory at a time
        self.watchers = threading.BoundedSemaphore(max(1, settings.http_threads // _WATCHERS_SHARE))
        self.stopping = False
        self._most_jobs = settings.max_jobs
        self._most_bytes = settings.max_jobs_bytes
        self._step = 0
        self._stepped = threading.Condition()
        self._runner = Runner(store, translation, settings, self._tell)

    def start(self) -> None:
        """Go on with what is unfinished."""
        self._runner.start()

    def stop(self) -> None:
        """Give up the work in hand, which is done when the server is back; end all watching."""
        self.stopping = True
        self._runner.stop()
        self._tell()

    def close(self) -> None:
        """Stop, and let go of the store."""
        self.stop()
        self._runner.close()
        self.store.close()

    def check_room(self, size: int) -> None:
        """Refuse a job of so many bytes that there is no room for.

        Raises TooManyJobsError and StorageFullError.
        """
        jobs, used = self.store.usage()
        if jobs >= self._most_jobs:
            raise TooManyJobsError(
                f"there are {jobs} jobs already; delete those whose results you have"
            )
        if used + _GROWTH * size > self._most_bytes:
            raise StorageFullError("there is no room left for a job of this size")

    def add(
        self,
        spec: JobSpec,
        pieces: TextParts,
        client: str,
        owner: str,
        source: bytes | None = None,
    ) -> Job:
        """Store a job and begin with it soon. Raises StorageFullError."""
        id_ = secrets.token_urlsafe(_ID_BYTES)
        try:
            job = self.store.add(id_, spec, pieces, client, owner, source)
        except sqlite3.OperationalError as error:
            raise StorageFullError("the job could not be stored") from error
        self._runner.wake()
        return job

    def find(self, id: str, owner: str) -> Job:  # noqa: A002 - its name everywhere
        """Return a job of that owner. Raises UnknownJobError."""
        job = self.store.find(id)
        if job is None or job.owner != owner:
            raise UnknownJobError("there is no job of this id, or no more")
        return job

    def remove(self, job: Job) -> None:
        """Cancel a job that has not ended; delete one that has."""
        if job.ended:
            self.store.delete(job.number)
        else:
            self.store.finish(job.number, "cancelled")
        self._runner.cancel(job.number)
        self._tell()

    def eta(self, job: Job) -> float | None:
        """Return the seconds until a job should be done; None where that is not known."""
        return self._runner.eta(job)

    @property
    def step(self) -> int:
        """A number that is another one as soon as something has happened to any job."""
        return self._step

    def wait(self, step: int, timeout: float) -> None:
        """Return when something happened since `step`, or after so many seconds."""
        with self._stepped:
            self._stepped.wait_for(lambda: self._step != step or self.stopping, timeout)

    def _tell(self) -> None:
        with self._stepped:
            self._step += 1
            self._stepped.notify_all()
