"""Fake decoders for worker processes, which need no model and fail on request.

They upper-case texts, in batches of up to 8 per step. Special texts: `die` crashes the worker,
`hang` stops it, `spin` never finishes, `devour` sends it SIGKILL, `raise` raises an error; a text
that starts with `big` returns 5 MB, one that starts with `slow` takes 50 ms.
"""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from gpu_pool.messages import EngineInfo

BATCH = 8


class Stub:
    """Upper-cases texts."""

    def __init__(self, device: str) -> None:
        self.name = f"stub {device}"
        self.uuids: tuple[str, ...] = ()
        self.engine = EngineInfo("stub", "none", "it needs no model")
        self.budget: int | None = None
        self.memory_scale = 1.0
        self.batches = 1
        self.splits = 0
        self._waiting: list[tuple[int, bytes]] = []

    def cached(self) -> int:
        return 0

    def submit(self, segments: Sequence[tuple[int, bytes]]) -> None:
        self._waiting += segments

    def step(self) -> list[tuple[int, bytes]]:
        batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        return [(key, _translate(payload.decode()).encode()) for key, payload in batch]


def _translate(text: str) -> str:
    match text:
        case "die":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "hang":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "spin":
            time.sleep(3600)
        case "devour":  # as if the OOM killer ended it
            os.kill(os.getpid(), signal.SIGKILL)
        case "raise":
            raise RuntimeError("the message contains user text: secret")
        case _ if text.startswith("big"):
            return "X" * 5_000_000
        case _ if text.startswith("slow"):
            time.sleep(0.05)
    return f"{text.upper()} de"


class Other(Stub):
    """Another model: it reverses texts."""

    def step(self) -> list[tuple[int, bytes]]:
        return [(key, result[::-1]) for key, result in super().step()]


def broken(device: str) -> Stub:
    """Fail to load."""
    raise OSError("no model here")


def broken_on_first(device: str) -> Stub:
    """Fail to load on the first CPU only."""
    return broken(device) if device == "cpu:0" else Stub(device)


def broken_once(folder: str, device: str) -> Stub:
    """Fail to load the first time."""
    marker = Path(folder, "tried")
    if not marker.exists():
        marker.touch()
        return broken(device)
    return Stub(device)


def broken_until_repaired(folder: str, device: str) -> Stub:
    """Fail to load until the folder contains a file named `repaired`."""
    return Stub(device) if Path(folder, "repaired").exists() else broken(device)


class SlowBatches(Stub):
    """Takes 50 ms per batch, whatever its size, like a GPU."""

    def step(self) -> list[tuple[int, bytes]]:
        time.sleep(0.05)
        return super().step()


class SmallMemory(Stub):
    """Has a memory budget of 100 bytes."""

    def __init__(self, device: str) -> None:
        super().__init__(device)
        self.budget = 100
