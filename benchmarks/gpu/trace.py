"""What a profile of torch says: launches, copies, waits, and how long the device was busy.

Names are those of CUDA's runtime and driver, as the profiler gives them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

_LAUNCHES = ("cudaLaunchKernel", "cuLaunchKernel", "cudaGraphLaunch")  # beginnings of names
# Without cudaDeviceSynchronize, which is how we end what is measured.
_WAITS = {"cudaStreamSynchronize", "cudaEventSynchronize", "cudaMemcpy"}
_TO_DEVICE, _TO_HOST = "Memcpy HtoD", "Memcpy DtoH"
_NAME_LENGTH = 60


@dataclass(frozen=True)
class Happening:
    """A kernel or copy of the device, or a call of the host; times in microseconds."""

    name: str
    on_device: bool
    begin: float
    end: float


def count(happenings: Iterable[Happening]) -> dict[str, float]:
    """Return how often what happened, and for how many milliseconds the device was busy."""
    device = [h for h in happenings if h.on_device]
    host = [h.name for h in happenings if not h.on_device]
    return {
        "launches": sum(name.startswith(_LAUNCHES) for name in host),
        "kernels": sum(not h.name.startswith(("Memcpy", "Memset")) for h in device),
        "to_device": sum(h.name.startswith(_TO_DEVICE) for h in device),
        "to_host": sum(h.name.startswith(_TO_HOST) for h in device),
        "waits": sum(name in _WAITS for name in host),
        "busy_ms": _covered(device) / 1e3,
    }


def largest(happenings: Iterable[Happening], steps: int, most: int = 8) -> list[dict[str, Any]]:
    """Return the kernels that took most of the time, by name: what they are of one step."""
    spent: dict[str, list[float]] = defaultdict(list)
    for happening in happenings:
        if happening.on_device:
            spent[happening.name[:_NAME_LENGTH]].append(happening.end - happening.begin)
    text_request = sorted(spent.items(), key=lambda item: -sum(item[1]))[:most]
    return [
        {"kernel": name, "ms": sum(times) / 1e3 / steps, "calls": len(times) / steps}
        for name, times in text_request
    ]


def _covered(happenings: Sequence[Happening]) -> float:
    """Return the length of the union: kernels of two streams may overlap."""
    covered, until = 0.0, float("-inf")
    for happening in sorted(happenings, key=lambda h: h.begin):
        covered += max(0.0, happening.end - max(until, happening.begin))
        until = max(until, happening.end)
    return covered
