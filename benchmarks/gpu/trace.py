"""Counts in a torch profile: launches, copies, waits, and the device's busy time.

Names are those of CUDA's runtime and driver, as the profiler gives them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

_LAUNCHES = ("cudaLaunchKernel", "cuLaunchKernel", "cudaGraphLaunch")  # beginnings of names
# Without cudaDeviceSynchronize, which ends the measured block.
_WAITS = {"cudaStreamSynchronize", "cudaEventSynchronize", "cudaMemcpy"}
_TO_DEVICE, _TO_HOST = "Memcpy HtoD", "Memcpy DtoH"
_NAME_LENGTH = 60


@dataclass(frozen=True)
class Activity:
    """A kernel or copy of the device, or a call of the host; times in microseconds."""

    name: str
    on_device: bool
    begin: float
    end: float


def count(activities: Iterable[Activity]) -> dict[str, float]:
    """Return the counts, and the milliseconds for which the device was busy."""
    device = [h for h in activities if h.on_device]
    host = [h.name for h in activities if not h.on_device]
    return {
        "launches": sum(name.startswith(_LAUNCHES) for name in host),
        "kernels": sum(not h.name.startswith(("Memcpy", "Memset")) for h in device),
        "to_device": sum(h.name.startswith(_TO_DEVICE) for h in device),
        "to_host": sum(h.name.startswith(_TO_HOST) for h in device),
        "waits": sum(name in _WAITS for name in host),
        "busy_ms": _covered(device) / 1e3,
    }


def largest(activities: Iterable[Activity], steps: int, most: int = 8) -> list[dict[str, Any]]:
    """Return the kernels that took the most time, by name, with their figures per step."""
    spent: dict[str, list[float]] = defaultdict(list)
    for activity in activities:
        if activity.on_device:
            spent[activity.name[:_NAME_LENGTH]].append(activity.end - activity.begin)
    ranked = sorted(spent.items(), key=lambda item: -sum(item[1]))[:most]
    return [
        {"kernel": name, "ms": sum(times) / 1e3 / steps, "calls": len(times) / steps}
        for name, times in ranked
    ]


def _covered(activities: Sequence[Activity]) -> float:
    """Return the length of the union: kernels of two streams may overlap."""
    covered, until = 0.0, float("-inf")
    for activity in sorted(activities, key=lambda h: h.begin):
        covered += max(0.0, activity.end - max(until, activity.begin))
        until = max(until, activity.end)
    return covered
