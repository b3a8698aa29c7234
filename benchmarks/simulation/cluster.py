"""The event loop of the simulation: arrivals, batches, failures and restarts."""

import heapq
import itertools
from dataclasses import dataclass
from typing import Literal

from benchmarks.simulation.gpu import Gpu
from benchmarks.simulation.plan import Plan
from benchmarks.simulation.policies import Policy
from benchmarks.simulation.traffic import Traffic
from gpu_pool.work_item import WorkItem

_READING_SECONDS = 1.0  # between two readings of the utilisation

Kind = Literal["failure", "restart", "batch"]
# time, sequence number (breaks ties), kind, index of the GPU, number of its batch
Event = tuple[float, int, Kind, int, int]


@dataclass
class SimulationResult:
    """What happened to the traffic with one policy."""

    finished_at: list[float]  # by request, seconds
    unfinished: list[int]  # by request: segments
    times_finished: bytearray  # by segment; 1 at the end
    failures: bytearray  # by segment: GPUs that failed while they held it
    in_time: int = 0  # segments finished within the deadline of their request
    busy_seconds: float = 0.0  # of all GPUs while requests arrive
    now: float = 0.0  # virtual time; at the end, when the last segment was finished


class Cluster:
    """Simulates traffic with one policy in virtual time."""

    def __init__(
        self, plan: Plan, traffic: Traffic, failures: list[tuple[float, int]], policy: Policy
    ) -> None:
        self._plan = plan
        self._traffic = traffic
        self._policy = policy
        self._gpus = [Gpu(i, speed) for i, speed in enumerate(plan.speeds)]
        self._alive = list(self._gpus)
        self._sequence = itertools.count()
        self._events: list[Event] = []
        for time, gpu in failures:
            self._add(time, "failure", gpu)
        self._owner = [request for request, size in enumerate(traffic.sizes) for _ in range(size)]
        self._reading_at = 0.0
        self._measured = False  # the traffic has ended, and the busy time is recorded
        segments = traffic.segments
        self.result = SimulationResult(
            [0.0] * len(traffic.sizes), list(traffic.sizes), bytearray(segments),
            bytearray(segments),
        )  # fmt: skip

    def run(self) -> SimulationResult:
        """Run until every segment is finished."""
        for request, time in enumerate(self._traffic.times):
            while self._events and self._events[0][0] <= time:
                self._handle(heapq.heappop(self._events))
            self._advance(time)
            self._arrive(request)
            self._dispatch()
        while self._events:
            self._handle(heapq.heappop(self._events))
        if not self._measured:
            self._record_busy_time()
        return self.result

    def _handle(self, event: Event) -> None:
        time, _, kind, index, batch = event
        gpu = self._gpus[index]
        if kind == "batch" and not (gpu.batch and gpu.batches == batch):
            return  # the batch was lost with the GPU
        self._advance(time)
        if kind == "batch":
            self._finish_batch(gpu)
        elif kind == "failure":
            self._fail(gpu)
        else:
            gpu.alive = True
            self._alive = [other for other in self._gpus if other.alive]
        self._dispatch()

    def _advance(self, time: float) -> None:
        """Advance the clock, with the readings that are due until then."""
        while self._reading_at + _READING_SECONDS <= time:
            before, self._reading_at = self._reading_at, self._reading_at + _READING_SECONDS
            for gpu in self._gpus:
                gpu.update_utilisation(self._reading_at, before)
        if time > self._plan.seconds and not self._measured:
            self._record_busy_time()
        self.result.now = time

    def _record_busy_time(self) -> None:
        """Record how long the GPUs were busy while traffic arrived."""
        self._measured = True
        self.result.busy_seconds = sum(gpu.busy_until(self._plan.seconds) for gpu in self._gpus)

    def _arrive(self, request: int) -> None:
        start, client = self._traffic.starts[request], self._traffic.clients[request]
        tokens = self._traffic.tokens
        self._policy.submit(
            [
                WorkItem(number, tokens[number], client=client)
                for number in range(start, start + self._traffic.sizes[request])
            ]
        )

    def _finish_batch(self, gpu: Gpu) -> None:
        result, now = self.result, self.result.now
        items = gpu.finish_batch(now)
        self._policy.batch_finished(gpu, sum(item.tokens for item in items), now - gpu.started_at)
        for item in items:
            request = self._owner[item.id]
            result.times_finished[item.id] += 1
            result.unfinished[request] -= 1
            result.finished_at[request] = now
            result.in_time += now - self._traffic.times[request] <= self._plan.deadline
        self._start_batch(gpu)

    def _fail(self, gpu: Gpu) -> None:
        items = gpu.fail(self.result.now)
        for item in items:
            self.result.failures[item.id] += 1
        self._alive = [other for other in self._gpus if other.alive]
        self._policy.retry(items)
        self._add(self.result.now + self._plan.restart, "restart", gpu.index)

    def _dispatch(self) -> None:
        for index in self._policy.dispatch(self._alive):
            self._start_batch(self._gpus[index])

    def _start_batch(self, gpu: Gpu) -> None:
        """Start a batch unless the GPU is busy or has nothing to decode."""
        if gpu.waiting and not gpu.batch:
            done_at = gpu.start_batch(self.result.now, self._plan)
            self._add(done_at, "batch", gpu.index, gpu.batches)

    def _add(self, time: float, kind: Kind, gpu: int, batch: int = 0) -> None:
        heapq.heappush(self._events, (time, next(self._sequence), kind, gpu, batch))
