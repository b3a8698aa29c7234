"""Replicas of an engine on the cores of a CPU, sharing weights, with a thread each.

Threads that share a step synchronise at each of its hundreds of operations. Replicas do not, so
their throughput is higher; but each reads all of the weights, which only pays off for several
sentences. So a few sentences go to one replica with all cores, and more sentences to more replicas,
which share the cores.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from operator import attrgetter

from translator.engines import DecodedSegment, EncodedSegment, Engine
from translator.engines.running_batches import RunningBatches

MAX_REPLICAS = 8  # each has its own slots, which take memory
_BEAMS_PER_REPLICA = 8  # at least


def replica_counts(cores: int) -> list[int]:
    """Return the numbers of replicas that may be the fastest on a CPU.

    A replica has at least two cores: one step of all sentences on two cores is faster than two
    steps of half of them on one core each.
    """
    return [1, *(2**i for i in range(1, MAX_REPLICAS.bit_length()) if 2 ** (i + 1) <= cores)]


class _Replica:
    """An engine and its thread: torch keeps helper threads for each thread that uses it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.stepping = False
        self.load = 0  # beams of the unfinished segments
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="decode")
        self._beams: dict[int, int] = {}  # by the key of the segment
        self._arrived: list[EncodedSegment] = []  # since the last step began

    def submit(self, segment: EncodedSegment) -> None:
        self._beams[segment.key] = segment.decoding.beams
        self.load += segment.decoding.beams
        self._arrived.append(segment)

    def start(self, prepare: Callable[[], None]) -> "Future[tuple[_Replica, list[DecodedSegment]]]":
        """Start a step in the replica's thread."""
        self.stepping = True
        return self._thread.submit(self._step, self._take_arrived(), prepare)

    def step(self, prepare: Callable[[], None]) -> list[DecodedSegment]:
        """Do a step in the caller's thread."""
        _, decoded = self._step(self._take_arrived(), prepare)
        return self.finish(decoded)

    def finish(self, decoded: list[DecodedSegment]) -> list[DecodedSegment]:
        """End a step, and stop counting the segments that it decoded."""
        self.stepping = False
        for segment in decoded:
            self.load -= self._beams.pop(segment.key)
        return decoded

    def _take_arrived(self) -> list[EncodedSegment]:
        arrived, self._arrived = self._arrived, []
        return arrived

    def _step(
        self, arrived: list[EncodedSegment], prepare: Callable[[], None]
    ) -> "tuple[_Replica, list[DecodedSegment]]":
        prepare()
        self.engine.submit(arrived)
        return self, self.engine.step()


class ReplicatedEngine:
    """An Engine of engines, at most one per core."""

    def __init__(
        self, engines: Sequence[Engine], cores: int, set_threads: Callable[[int], None]
    ) -> None:
        """`set_threads` sets how many threads the operations of the calling thread use."""
        self._replicas = [_Replica(engine) for engine in engines]
        self._cores = cores
        self._set_threads = set_threads
        self._arrived: list[EncodedSegment] = []
        self.kernels: Mapping[str, str] = {}  # of GPUs, which have no replicas
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
        """Take segments; the next step assigns them to replicas."""
        self._arrived.extend(segments)

    def step(self) -> list[DecodedSegment]:
        """Let every replica that has work do a step; return what the first to end has finished."""
        self._share()
        busy = [replica for replica in self._replicas if replica.load]
        if not busy:
            return []
        prepare = partial(self._set_threads, max(1, self._cores // len(busy)))
        if len(busy) == 1 and not self._running_batches:
            return busy[0].step(prepare)  # no detour over another thread
        for replica in busy:
            if not replica.stepping:
                self._running_batches.add(replica.start(prepare))
        results: list[DecodedSegment] = []
        for outcome in self._running_batches.collect():
            replica, decoded = outcome.result
            results += replica.finish(decoded)
        return results

    def _share(self) -> None:
        """Assign each segment to the least loaded of as many replicas as the beams keep busy."""
        total = sum(replica.load for replica in self._replicas)
        total += sum(segment.decoding.beams for segment in self._arrived)
        used = self._replicas[: math.ceil(total / _BEAMS_PER_REPLICA)]
        for segment in self._arrived:
            min(used, key=attrgetter("load")).submit(segment)
        self._arrived.clear()
