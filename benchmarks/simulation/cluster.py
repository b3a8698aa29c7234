"""The event loop of a simulation: arrivals, batches, deaths and restarts, in virtual time."""

import heapq
import itertools
from dataclasses import dataclass
from typing import Literal

from benchmarks.simulation.gpu import Gpu
from benchmarks.simulation.plan import Plan
from benchmarks.simulation.policies import Policy
from benchmarks.simulation.traffic import Traffic
from gpu_pool.scheduler import WorkItem

_READING_SECONDS = 1.0  # between two readings of the utilisation

# time, order among equals, what, number of the GPU, number of its batch
Event = tuple[float, int, Literal["death", "restart", "batch"], int, int]


@dataclass
class Record:
    """What happened to the traffic under one policy."""

    finished_at: list[float]  # by request, seconds
    left: list[int]  # by request: segments not yet finished
    times_finished: bytearray  # by segment; 1 at the end
    deaths: bytearray  # by segment: GPUs that died with it in hand
    in_time: int = 0  # segments that were finished within the deadline of their request
    busy_seconds: float = 0.0  # of all GPUs while requests came in
    now: float = 0.0  # when the last segment was finished, at the end


class Cluster:
    """Plays traffic against one policy. Nothing here waits: time jumps from event to event."""

    def __init__(
        self, plan: Plan, traffic: Traffic, failures: list[tuple[float, int]], policy: Policy
    ) -> None:
        self._plan = plan
        self._traffic = traffic
        self._policy = policy
        self._gpus = [Gpu(i, speed) for i, speed in enumerate(plan.speeds)]
        self._living = list(self._gpus)
        self._order = itertools.count()
        self._events: list[Event] = []
        for time, number in failures:
            self._add(time, "death", number)
        self._owner = [request for request, size in enumerate(traffic.sizes) for _ in range(size)]
        self._read_at = 0.0
        self._measured = False  # the traffic is over, and with it the measurement of busy time
        segments = traffic.segments
        self.record = Record(
            [0.0] * len(traffic.sizes), list(traffic.sizes), bytearray(segments),
            bytearray(segments),
        )  # fmt: skip

    def run(self) -> Record:
        """Play until every segment is finished."""
        for request, time in enumerate(self._traffic.times):
            while self._events and self._events[0][0] <= time:
                self._play(heapq.heappop(self._events))
            self._pass(time)
            self._arrive(request)
            self._place()
        while self._events:
            self._play(heapq.heappop(self._events))
        if not self._measured:
            self._measure()
        return self.record

    def _play(self, event: Event) -> None:
        time, _, kind, number, batch = event
        gpu = self._gpus[number]
        if kind == "batch" and not (gpu.batch and gpu.batches == batch):
            return  # the batch was lost with the GPU
        self._pass(time)
        if kind == "batch":
            self._finish(gpu)
        elif kind == "death":
            self._die(gpu)
        else:
            gpu.alive = True
            self._living = [other for other in self._gpus if other.alive]
        self._place()

    def _pass(self, time: float) -> None:
        """Let the clock go on, and take the readings that are due on the way."""
        while self._read_at + _READING_SECONDS <= time:
            before, self._read_at = self._read_at, self._read_at + _READING_SECONDS
            for gpu in self._gpus:
                gpu.read(self._read_at, before)
        if time > self._plan.seconds and not self._measured:
            self._measure()
        self.record.now = time

    def _measure(self) -> None:
        """Sum up how busy the GPUs were while traffic came in."""
        self._measured = True
        self.record.busy_seconds = sum(gpu.busy_until(self._plan.seconds) for gpu in self._gpus)

    def _arrive(self, request: int) -> None:
        start, client = self._traffic.starts[request], self._traffic.clients[request]
        tokens = self._traffic.tokens
        self._policy.submit(
            [
                WorkItem(number, tokens[number], client=client)
                for number in range(start, start + self._traffic.sizes[request])
            ]
        )

    def _finish(self, gpu: Gpu) -> None:
        record, now = self.record, self.record.now
        items = gpu.finish(now)
        self._policy.done(gpu, sum(item.tokens for item in items), now - gpu.begun_at)
        for item in items:
            request = self._owner[item.id]
            record.times_finished[item.id] += 1
            record.left[request] -= 1
            record.finished_at[request] = now
            record.in_time += now - self._traffic.times[request] <= self._plan.deadline
        self._begin(gpu)

    def _die(self, gpu: Gpu) -> None:
        items = gpu.die(self.record.now)
        for item in items:
            self.record.deaths[item.id] += 1
        self._living = [other for other in self._gpus if other.alive]
        self._policy.retry(items)
        self._add(self.record.now + self._plan.restart, "restart", gpu.number)

    def _place(self) -> None:
        for number in self._policy.place(self._living):
            self._begin(self._gpus[number])

    def _begin(self, gpu: Gpu) -> None:
        """Begin a batch unless there is one, or nothing to decode."""
        if gpu.waiting and not gpu.batch:
            done_at = gpu.begin(self.record.now, self._plan)
            self._add(done_at, "batch", gpu.number, gpu.batches)

    def _add(
        self, time: float, kind: Literal["death", "restart", "batch"], gpu: int, batch: int = 0
    ) -> None:
        heapq.heappush(self._events, (time, next(self._order), kind, gpu, batch))
