"""Times an operation as a part of a graph."""

from collections.abc import Callable

import torch

from translator.engines.inflight.stream import CudaStream

_CALLS = 10  # in a graph: one operation may be shorter than a launch
_REPLAYS = 5


def seconds_on_gpu(call: Callable[[], object]) -> float:
    """Return the seconds of a call on the current CUDA device, without launching it."""

    def calls() -> None:
        for _ in range(_CALLS):
            call()

    call()  # what is allocated or compiled at the first call cannot be recorded
    replay = CudaStream().record(calls)
    replay()
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    begin.record()
    for _ in range(_REPLAYS):
        replay()
    end.record()
    end.synchronize()
    return float(begin.elapsed_time(end)) / 1e3 / (_CALLS * _REPLAYS)
