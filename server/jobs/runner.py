"""The thread that processes jobs: a few batches at a time, jobs in turns.

The pool does the rest: job work has its class `bulk`, and yields to interactive work. Where the
pool's queue is full or no worker is available, the runner waits and tries again.
"""

import logging
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from gpu_pool.errors import DeadlineError, OverloadedError, UnavailableError
from server.core.errors import (
    PROBLEMS,
    ClientGoneError,
    TextFailedError,
    UnsupportedLanguageError,
)
from server.core.requests import RequestContext
from server.core.settings import Settings
from server.core.translation import TranslationService
from server.database.interface import StorageError
from server.jobs import document_rounds, leases
from server.jobs.active import ActiveJob
from server.jobs.changes import Changes
from server.jobs.records import Failure, Item, ItemOutcome, Job
from server.jobs.store import JobStore

_log = logging.getLogger(__name__)
# One is translated while another is split, stored, or waits for its last segment.
_CONCURRENT_BATCHES = 2
_BATCH_SECONDS = 5.0  # target duration of a batch: the most work a kill can lose
_MIN_CHARACTERS = 1_000  # of a batch
_QUEUE_BATCHES = 4  # of the maximum size fit into the pool's queue
_UNAVAILABLE_SECONDS = 2.0
_STORAGE_SECONDS = 30.0
_AWAY_SECONDS = 2.0
_HOUSEKEEPING_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Batch:
    """A batch in progress: items to translate; none: the job advances to its next round."""

    active: ActiveJob
    items: Sequence[Item]
    begun: float

    @property
    def characters(self) -> int:
        return sum(len(item.text) for item in self.items)


class Runner:
    """Only `start` and `join` are called by other threads. It ends once the changes are closed."""

    def __init__(
        self,
        store: JobStore,
        translation: TranslationService,
        settings: Settings,
        changes: Changes,
        refresh: Callable[[], None],
    ) -> None:
        """`refresh` is called before each step. The store is not closed."""
        self._store = store
        self._translation = translation
        self._changes = changes
        self._refresh = refresh
        self._timeout = settings.max_timeout
        self._retention = settings.job_retention
        self._max_characters = max(_MIN_CHARACTERS, settings.max_queued_tokens // _QUEUE_BATCHES)
        self._characters = _MIN_CHARACTERS  # of the next batch
        self._active: dict[int, ActiveJob] = {}
        self._batches: dict[Future[None], _Batch] = {}
        self._turns: dict[int | str, int] = {}  # when each job and client was last served
        self._turn = 0
        self._not_before = 0.0
        self._unavailable = False  # the pool, when it was last asked
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Resume unfinished jobs."""
        self._thread.start()

    def join(self) -> None:
        """Wait until it has ended; its batches in progress are abandoned, and resumed later."""
        if self._thread.ident is not None:
            self._thread.join()

    # --- the thread ------------------------------------------------------------------------

    def _run(self) -> None:
        with ThreadPoolExecutor(_CONCURRENT_BATCHES, "job") as executor:
            released = False  # what this server held when it was killed
            while not self._changes.closed:
                seen = self._changes.step
                try:
                    if not released:
                        self._store.release()
                        released = True
                    self._step(executor)
                except StorageError as error:
                    self._wait_for_storage(error)
                self._changes.wait(seen, self._seconds_to_wait())
        with suppress(StorageError):  # then the leases end by themselves
            self._store.release()

    def _step(self, executor: ThreadPoolExecutor) -> None:
        for future in [future for future in self._batches if future.done()]:
            self._on_end(self._batches.pop(future), future.exception())
        self._refresh()
        self._synchronise()
        while len(self._batches) < _CONCURRENT_BATCHES and time.monotonic() >= self._not_before:
            batch = self._next_batch()
            if batch is None:
                break
            batch.active.batches += 1
            future = executor.submit(self._process, batch)
            self._batches[future] = batch
            future.add_done_callback(lambda _: self._changes.notify())

    def _seconds_to_wait(self) -> float:
        pause = self._not_before - time.monotonic()
        if pause <= 0:
            pause = _HOUSEKEEPING_SECONDS
        # Leases must be renewed, and those of other servers may have ended.
        return min(pause, leases.LEASE_SECONDS / 4) if self._store.shared else pause

    def _synchronise(self) -> None:
        """Do as the store says: jobs are added, cancelled and deleted."""
        self._store.delete_finished(self._retention)
        jobs = {job.number: job for job in self._claim()}
        for number in self._active.keys() - jobs:
            self._active.pop(number).cancelled.set()
        for number, job in jobs.items():
            self._active.setdefault(number, ActiveJob(job)).job = job
        known = jobs.keys() | {job.client for job in jobs.values()}
        self._turns = {key: turn for key, turn in self._turns.items() if key in known}

    def _claim(self) -> list[Job]:
        """Return the jobs to process; none while the pool cannot, so that other servers get them.

        They would never get those of a server whose pool has failed for good.
        """
        waiting = self._unavailable and time.monotonic() < self._not_before
        if not waiting or self._batches or not self._store.shared:
            return self._store.claim()
        self._store.release()
        return []

    def _next_batch(self) -> _Batch | None:
        """Choose the least recently served client, and its least recently served job."""
        for active in sorted(self._active.values(), key=self._order):
            items = active.take(self._store, self._characters)
            if not items and active.batches:
                continue  # all remaining items are in progress
            self._turn += 1
            self._turns[active.job.number] = self._turns[active.job.client] = self._turn
            if not active.begun:
                self._store.begin(active.job.number)
                active.begun = True
            return _Batch(active, items, time.monotonic())
        return None

    def _order(self, active: ActiveJob) -> tuple[int, int, int]:
        job = active.job
        return self._turns.get(job.client, 0), self._turns.get(job.number, 0), job.number

    def _on_end(self, batch: _Batch, error: BaseException | None) -> None:
        """Handle the end of a batch; its results are already stored."""
        batch.active.batches -= 1
        self._unavailable = isinstance(error, UnavailableError)
        if error is None:
            self._adapt(batch)
            return
        if batch.items:
            batch.active.give_back(batch.items)
        match error:
            case ClientGoneError():  # cancelled, or the server is stopping
                return
            case OverloadedError():
                self._characters = max(_MIN_CHARACTERS, self._characters // 2)
                self._pause(error.retry_after)
            case UnavailableError():
                self._pause(_UNAVAILABLE_SECONDS)
            case DeadlineError():
                self._characters = max(_MIN_CHARACTERS, self._characters // 2)
            case StorageError():
                self._wait_for_storage(error)
            case UnsupportedLanguageError():  # the server was started again with other models
                self._store.finish(batch.active.job.number, "failed", error=str(error))
                self._changes.notify()
            case _:
                self._fail(batch.active.job, error)

    def _adapt(self, batch: _Batch) -> None:
        """Choose the size of the next batch so that it takes the target duration."""
        if batch.items:
            seconds = max(time.monotonic() - batch.begun, 0.001)
            fitting = int(batch.characters * _BATCH_SECONDS / seconds)
            self._characters = min(
                max(fitting, _MIN_CHARACTERS), 2 * self._characters, self._max_characters
            )

    def _pause(self, seconds: float) -> None:
        self._not_before = time.monotonic() + seconds

    def _wait_for_storage(self, error: StorageError) -> None:
        """Wait for free disk space, or for the database: no result can be stored before."""
        _log.error("jobs are waiting because results cannot be stored: %s", error)
        self._pause(_AWAY_SECONDS if error.away else _STORAGE_SECONDS)

    def _fail(self, job: Job, error: BaseException) -> None:
        """Fail a job because of an unexpected error, whose message may contain user text."""
        frames = traceback.extract_tb(error.__traceback__)
        place = " > ".join(f"{frame.name}:{frame.lineno}" for frame in frames)
        _log.error("unexpected %s in %s", type(error).__name__, place)
        self._store.finish(job.number, "failed", error="see the server's log for the place")
        self._changes.notify()

    # --- in the threads of the executor ----------------------------------------------------

    def _process(self, batch: _Batch) -> None:
        job = batch.active.job
        if batch.items:
            self._translate(batch.active, batch.items)
        elif job.spec.file is None:
            self._store.finish(job.number, "done")
        else:
            document_rounds.advance(self._store, job)

    def _translate(self, active: ActiveJob, items: Sequence[Item]) -> None:
        """Translate and store; a text that fails does not affect the others."""
        job = active.job
        context = RequestContext(
            deadline=time.monotonic() + self._timeout,
            client=job.client,
            bulk=True,
            client_gone=lambda: active.cancelled.is_set() or self._changes.closed,
        )
        try:
            answers = self._translation.translate(
                [job.spec.text_request(item.text) for item in items], context
            )
        except TextFailedError as error:
            problem = PROBLEMS[type(error.reason)]
            failure = Failure(problem.slug, str(error) or problem.title)
            self._store.save(job, [ItemOutcome(items[error.index].position, failure)])
            rest = [item for i, item in enumerate(items) if i != error.index]
            middle = len(rest) // 2
            for half in (rest[:middle], rest[middle:]):  # another failing text may be among them
                if half:
                    self._translate(active, half)
            return
        outcomes = [
            ItemOutcome(item.position, answer) for item, answer in zip(items, answers, strict=True)
        ]
        self._store.save(job, outcomes)
