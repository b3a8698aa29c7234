"""The thread that works on jobs: a few pieces at a time, the jobs in turns.

The pool does the rest: a job's work is of its class `bulk`, and waits there for what is not. Where
the pool has no room or no worker, the runner waits as long as the pool says.
"""

import logging
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from gpu_pool.errors import DeadlineError, OverloadedError, UnavailableError
from server.core.errors import PROBLEMS, ClientGoneError, TextFailedError
from server.core.requests import RequestContext
from server.core.settings import Settings
from server.core.translation import TranslationService
from server.jobs import document_rounds
from server.jobs.active import ActiveJob
from server.jobs.records import Failure, Item, ItemOutcome, Job
from server.jobs.store import JobStore

_log = logging.getLogger(__name__)
_FLIGHTS = 2  # one is translated while the other is split, stored, or waits for its last segment
_FLIGHT_SECONDS = 5.0  # how long a piece of work should take: so much is lost by a kill
_LEAST = 1_000  # characters in a piece of work
_SHARE_OF_QUEUE = 4  # a piece of work takes at most one in so many tokens that the pool accepts
_UNAVAILABLE_SECONDS = 2.0
_STORAGE_SECONDS = 30.0
_HOUSEKEEPING_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Flight:
    """Work in hand: items to translate, or none: a job is to be taken to its next round."""

    active: ActiveJob
    items: Sequence[Item]
    begun: float

    @property
    def characters(self) -> int:
        return sum(len(item.text) for item in self.items)


class Runner:
    """All but `start`, `wake`, `cancel`, `eta`, `stop` and `close` happens in its own threads."""

    def __init__(
        self,
        store: JobStore,
        translation: TranslationService,
        settings: Settings,
        changed: Callable[[], None],
    ) -> None:
        """`changed` is called after each step; the runner does not close the store."""
        self._store = store
        self._translation = translation
        self._changed = changed
        self._timeout = settings.max_timeout
        self._retention = settings.job_retention
        self._most = max(_LEAST, settings.max_queued_tokens // _SHARE_OF_QUEUE)
        self._characters = _LEAST  # in the next piece of work
        self._active: dict[int, ActiveJob] = {}
        self._flights: dict[Future[None], _Flight] = {}
        self._turns: dict[int | str, int] = {}  # of jobs and clients: when they were last served
        self._turn = 0
        self._not_before = 0.0
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Go on with what is unfinished."""
        self._thread.start()

    def wake(self) -> None:
        """Look for new jobs."""
        self._woken.set()

    def cancel(self, number: int) -> None:
        """Give up the work that is in hand for a job."""
        active = self._active.get(number)
        if active is not None:
            active.cancelled.set()
        self.wake()

    def eta(self, job: Job) -> float | None:
        """Return the seconds until the job should be done; None where that is not known."""
        active = self._active.get(job.number)
        return active.eta(job) if active else None

    def stop(self) -> None:
        """Begin nothing more, and give up what is in hand; it is done when the server is back."""
        self._stopping.set()
        self.wake()

    def close(self) -> None:
        """Stop, and wait for the end of that."""
        self.stop()
        if self._thread.ident is not None:
            self._thread.join()

    # --- the thread ------------------------------------------------------------------------

    def _run(self) -> None:
        with ThreadPoolExecutor(_FLIGHTS, "job") as executor:
            while not self._stopping.is_set():
                self._woken.clear()
                try:
                    self._step(executor)
                except sqlite3.OperationalError as error:
                    self._wait_for_storage(error)
                self._woken.wait(self._patience())

    def _step(self, executor: ThreadPoolExecutor) -> None:
        for future in [future for future in self._flights if future.done()]:
            self._land(self._flights.pop(future), future.exception())
        self._refresh()
        while len(self._flights) < _FLIGHTS and time.monotonic() >= self._not_before:
            flight = self._next_flight()
            if flight is None:
                break
            flight.active.flights += 1
            future = executor.submit(self._fly, flight)
            self._flights[future] = flight
            future.add_done_callback(lambda _: self.wake())

    def _patience(self) -> float:
        pause = self._not_before - time.monotonic()
        return pause if pause > 0 else _HOUSEKEEPING_SECONDS

    def _refresh(self) -> None:
        """Compare with the store: jobs come, are cancelled, and are deleted in the end."""
        self._store.delete_finished_before(time.time() - self._retention)
        jobs = {job.number: job for job in self._store.unfinished()}
        for number in self._active.keys() - jobs:
            self._active.pop(number).cancelled.set()
        for number, job in jobs.items():
            self._active.setdefault(number, ActiveJob(job)).job = job
        known = jobs.keys() | {job.client for job in jobs.values()}
        self._turns = {key: turn for key, turn in self._turns.items() if key in known}

    def _next_flight(self) -> _Flight | None:
        """Choose the client that was served longest ago, of its jobs likewise."""
        for active in sorted(self._active.values(), key=self._order):
            items = active.take(self._store, self._characters)
            if not items and active.flights:
                continue  # all that is left is in hand
            self._turn += 1
            self._turns[active.job.number] = self._turns[active.job.client] = self._turn
            if active.job.started is None:
                self._store.begin(active.job.number)
            return _Flight(active, items, time.monotonic())
        return None

    def _order(self, active: ActiveJob) -> tuple[int, int, int]:
        job = active.job
        return self._turns.get(job.client, 0), self._turns.get(job.number, 0), job.number

    def _land(self, flight: _Flight, error: BaseException | None) -> None:
        """Draw the conclusions of a flight; what it has achieved is in the store already."""
        flight.active.flights -= 1
        if error is None:
            self._adapt(flight)
            self._changed()
            return
        if flight.items:
            flight.active.give_back(flight.items)
        match error:
            case ClientGoneError():  # cancelled, or the server stops
                return
            case OverloadedError():
                self._characters = max(_LEAST, self._characters // 2)
                self._pause(error.retry_after)
            case UnavailableError():
                self._pause(_UNAVAILABLE_SECONDS)
            case DeadlineError():
                self._characters = max(_LEAST, self._characters // 2)
            case sqlite3.OperationalError():
                self._wait_for_storage(error)
            case _:
                self._fail(flight.active.job, error)

    def _adapt(self, flight: _Flight) -> None:
        """Make the next piece of work of such a size that it takes the time it should."""
        if flight.items:
            seconds = max(time.monotonic() - flight.begun, 0.001)
            fitting = int(flight.characters * _FLIGHT_SECONDS / seconds)
            self._characters = min(max(fitting, _LEAST), 2 * self._characters, self._most)

    def _pause(self, seconds: float) -> None:
        self._not_before = time.monotonic() + seconds

    def _wait_for_storage(self, error: sqlite3.OperationalError) -> None:
        """Wait for room on the disk: nothing can be kept until there is some."""
        _log.error("jobs wait, for they cannot be stored: %s", error)
        self._pause(_STORAGE_SECONDS)

    def _fail(self, job: Job, error: BaseException) -> None:
        """Give up a job over an unforeseen error, whose message may hold user text."""
        frames = traceback.extract_tb(error.__traceback__)
        place = " > ".join(f"{frame.name}:{frame.lineno}" for frame in frames)
        _log.error("unexpected %s in %s", type(error).__name__, place)
        self._store.finish(job.number, "failed", error="the log of the server says where")
        self._changed()

    # --- in the threads of the executor ----------------------------------------------------

    def _fly(self, flight: _Flight) -> None:
        job = flight.active.job
        if flight.items:
            self._translate(flight.active, flight.items)
        elif job.spec.file is None:
            self._store.finish(job.number, "done")
        else:
            document_rounds.advance(self._store, job)

    def _translate(self, active: ActiveJob, items: Sequence[Item]) -> None:
        """Translate and store; a text that cannot be translated costs the others nothing."""
        job = active.job
        context = RequestContext(
            timeout=self._timeout,
            client=job.client,
            bulk=True,
            client_gone=lambda: active.cancelled.is_set() or self._stopping.is_set(),
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
            for half in (rest[:middle], rest[middle:]):  # the next one may be among them
                if half:
                    self._translate(active, half)
            return
        outcomes = [
            ItemOutcome(item.position, answer) for item, answer in zip(items, answers, strict=True)
        ]
        self._store.save(job, outcomes)
