"""Replicas of an engine on the cores of a CPU, sharing weights: a step of each runs in a thread.

Threads that share a step wait for one another at each of its hundreds of operations. Replicas do
not, so that they decode more at a time; but each reads all of the weights, which is only worth it
for several sentences. So a few sentences go to one replica, which has all cores, and more of them
to as many as are worth it, which share the cores.
"""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from operator import attrgetter

from translator.engines import DecodedSegment, EncodedSegment, Engine
from translator.engines.running_batches import RunningBatches

MAX_REPLICAS = 8  # each has slots, and so memory, of its own
_BEAMS_WORTH_A_REPLICA = 8


def replicas_worth_a_try(cores: int) -> list[int]:
    """Return the numbers of replicas on a CPU that are worth a try.

    Each has two cores at least: on two, one step of many sentences is faster than two of half.
    """
    return [1, *(2**i for i in range(1, MAX_REPLICAS.bit_length()) if 2 ** (i + 1) <= cores)]


class _Replica:
    """An engine, and a thread of its own: torch keeps helpers for each that shares its work."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.stepping = False
        self.load = 0  # beams of the segments in hand
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="decode")
        self._beams: dict[int, int] = {}  # by the key of the segment
        self._arrived: list[EncodedSegment] = []  # since the last step began

    def submit(self, segment: EncodedSegment) -> None:
        self._beams[segment.key] = segment.decoding.beams
        self.load += segment.decoding.beams
        self._arrived.append(segment)

    def start(self, prepare: Callable[[], None]) -> "Future[tuple[_Replica, list[DecodedSegment]]]":
        """Begin a step in the replica's thread."""
        self.stepping = True
        return self._thread.submit(self._turn, self._taken(), prepare)

    def step(self, prepare: Callable[[], None]) -> list[DecodedSegment]:
        """Do a step in the thread of the caller."""
        _, decoded = self._turn(self._taken(), prepare)
        return self.finish(decoded)

    def finish(self, decoded: list[DecodedSegment]) -> list[DecodedSegment]:
        """Let go of what a step has decoded."""
        self.stepping = False
        for segment in decoded:
            self.load -= self._beams.pop(segment.key)
        return decoded

    def _taken(self) -> list[EncodedSegment]:
        arrived, self._arrived = self._arrived, []
        return arrived

    def _turn(
        self, arrived: list[EncodedSegment], prepare: Callable[[], None]
    ) -> "tuple[_Replica, list[DecodedSegment]]":
        prepare()
        self.engine.submit(arrived)
        return self, self.engine.step()


class ReplicatedEngine:
    """An Engine of engines, one for each core at most."""

    def __init__(
        self, engines: Sequence[Engine], cores: int, set_threads: Callable[[int], None]
    ) -> None:
        """`set_threads` says how many threads the operations of the calling thread shall use."""
        self._replicas = [_Replica(engine) for engine in engines]
        self._cores = cores
        self._set_threads = set_threads
        self._arrived: list[EncodedSegment] = []
        self._running_batches = RunningBatches[tuple[_Replica, list[DecodedSegment]]](len(engines))

    @property
    def batches(self) -> int:
        """Batches that are decoded at a time."""
        return len(self._replicas)

    @property
    def splits(self) -> int:
        """Batches split so far."""
        return sum(replica.engine.splits for replica in self._replicas)

    def submit(self, segments: Sequence[EncodedSegment]) -> None:
        """Take segments; the next step gives them to replicas."""
        self._arrived.extend(segments)

    def step(self) -> list[DecodedSegment]:
        """Let every replica that has work do a step; return what the first of them finished."""
        self._share()
        busy = [replica for replica in self._replicas if replica.load]
        if not busy:
            return []
        prepare = partial(self._set_threads, max(1, self._cores // len(busy)))
        if len(busy) == 1 and not self._running_batches:
            return busy[0].step(prepare)  # without the detour over another thread
        for replica in busy:
            if not replica.stepping:
                self._running_batches.add(replica.start(prepare))
        results: list[DecodedSegment] = []
        for outcome in self._running_batches.collect():
            replica, decoded = outcome.result
            results += replica.finish(decoded)
        return results

    def _share(self) -> None:
        """Give each segment to the replica with the fewest beams, among those that are worth it."""
        total = sum(replica.load for replica in self._replicas)
        total += sum(segment.decoding.beams for segment in self._arrived)
        worth = self._replicas[: math.ceil(total / _BEAMS_WORTH_A_REPLICA)]
        for segment in self._arrived:
            min(worth, key=attrgetter("load")).submit(segment)
        self._arrived.clear()
