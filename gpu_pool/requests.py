"""The requests whose segments are in the pool: deadlines, delivery of results, failure."""

import heapq
from collections.abc import Mapping, Sequence

from gpu_pool.admission import Admission
from gpu_pool.errors import DeadlineError, PoolError
from gpu_pool.request import Outcome, Request
from gpu_pool.task import Task


class Requests:
    """Those with unfinished segments; used by the dispatcher's thread only.

    Whatever happens to a segment here, it stops counting for the admission of its model.
    """

    def __init__(self, admissions: Mapping[str, Admission]) -> None:
        """`admissions` are by model."""
        self._admissions = admissions
        self._unfinished: dict[int, Request] = {}  # by id
        self._undelivered: dict[int, Request] = {}  # those with outcomes to deliver
        self._deadlines: list[tuple[float, int]] = []  # a heap, with the id of each request

    def add(self, request: Request, tasks: Sequence[Task]) -> None:
        """Add the tasks of a request, which may have others already."""
        request.tokens.update({task.key: task.tokens for task in tasks})
        if request.deadline is not None and request.id not in self._unfinished:
            heapq.heappush(self._deadlines, (request.deadline, request.id))
        self._unfinished[request.id] = request

    def resolve(self, task: Task, outcome: Outcome) -> None:
        """Keep the outcome of a task and its duplicates for `deliver`, where somebody waits."""
        for each in (task, *task.duplicates) if task.duplicates else (task,):
            request = each.request
            if each.key in request.tokens:
                request.outcomes.append((each.key, outcome))
                self._undelivered[request.id] = request

    def deliver(self) -> None:
        """Deliver the outcomes that have been kept."""
        delivered: dict[str, tuple[int, int]] = {}  # segments and tokens, by model
        for request in self._undelivered.values():
            segments, tokens = delivered.get(request.model, (0, 0))
            count, size = request.deliver()
            delivered[request.model] = segments + count, tokens + size
            if not request.tokens:
                self._unfinished.pop(request.id, None)
        self._undelivered.clear()
        for model, (segments, tokens) in delivered.items():
            self._admissions[model].release(segments, tokens)

    def drop(self, request: Request) -> None:
        """Forget a request; results that arrive later are ignored."""
        if self._unfinished.pop(request.id, None) is not None:
            self._admissions[request.model].release(*request.drop())

    def fail(self, request: Request, error: PoolError) -> None:
        """End a request with an error."""
        self.drop(request)
        request.recipient.fail(error)

    def fail_all(self, error: PoolError, model: str | None = None) -> None:
        """End every request, or those for a model, with an error; results are delivered first."""
        self.deliver()
        for request in list(self._unfinished.values()):
            if model in (None, request.model):
                self.fail(request, error)

    def expire(self, now: float) -> None:
        """End the requests whose deadlines have passed."""
        while self._deadlines and self._deadlines[0][0] <= now:
            _, number = heapq.heappop(self._deadlines)
            request = self._unfinished.get(number)
            if request is not None:
                error = DeadlineError("the deadline passed before the text was translated")
                self.fail(request, error)
