"""Time that the in-flight engine spends on admissions and steps, and the occupancy of slots."""

import time
from types import TracebackType
from unittest import mock

from translator.engines import EncodedSegment
from translator.engines.inflight.pool import SlotPool, StepResult


class SlotMeter:
    """Measures every SlotPool inside a `with` block."""

    def __init__(self) -> None:
        self._admitting = self._stepping = 0.0
        self._occupied: list[float] = []
        self._admit, self._step = SlotPool.admit, SlotPool.step
        meter = self

        def admit(pool: SlotPool, groups: list[list[EncodedSegment]]) -> object:
            begun = time.perf_counter()
            result: object = meter._admit(pool, groups)
            meter._admitting += time.perf_counter() - begun
            return result

        def step(pool: SlotPool) -> StepResult:
            meter._occupied.append(pool.live / pool.slots)
            begun = time.perf_counter()
            result = meter._step(pool)
            meter._stepping += time.perf_counter() - begun
            return result

        self._patches = [mock.patch.object(SlotPool, f.__name__, f) for f in (admit, step)]

    def __enter__(self) -> "SlotMeter":
        for patch in self._patches:
            patch.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for patch in self._patches:
            patch.stop()

    def figures(self) -> dict[str, float]:
        """Return occupancy, the share of time spent on admissions, and the mean step in ms.

        Occupancy is measured under backlog: the last fifth of the steps, when no sentence is
        waiting, does not count.
        """
        backlog = self._occupied[: max(1, len(self._occupied) * 4 // 5)]
        return {
            "occupancy": sum(backlog) / len(backlog),
            "admission": self._admitting / (self._admitting + self._stepping),
            "step_ms": self._stepping / len(self._occupied) * 1e3,
        }
