"""Translators for worker processes that need no model, and misbehave when told to.

They upper-case texts, a batch of up to 8 a step. Magic texts: `die` kills the worker, `hang` stops
it, `spin` never ends, `devour` has it killed by SIGKILL, `refuse` is refused, `fail` comes back as
an error, `raise` is a bug; what begins with `big` gives 5 MB, what begins with `slow` takes 50 ms.
"""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from gpu_pool.messages import EngineInfo

BATCH = 8


@dataclass(frozen=True)
class Finished:
    key: int
    text: str | None
    error: str | None = None
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


class Stub:
    """Upper-cases."""

    def __init__(self, device: str) -> None:
        self.name = f"stub {device}"
        self.uuids: tuple[str, ...] = ()
        self.engine = EngineInfo("stub", "none", "it needs no model")
        self.budget: int | None = None
        self.memory_scale = 1.0
        self.batches = 1
        self.splits = 0
        self._waiting: list[tuple[int, str, str]] = []

    def cached(self) -> int:
        return 0

    def submit(self, key: int, text: str, source: str, target: str, **_: object) -> None:
        if text == "refuse":
            raise ValueError("refused")
        self._waiting.append((key, text, target))

    def step(self) -> list[Finished]:
        batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        return [self._translate(*item) for item in batch]

    def _translate(self, key: int, text: str, target: str) -> Finished:
        match text:
            case "die":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "hang":
                os.kill(os.getpid(), signal.SIGSTOP)
            case "spin":
                time.sleep(3600)
            case "devour":  # memory, until the kernel ends it
                os.kill(os.getpid(), signal.SIGKILL)
            case "raise":
                raise RuntimeError("the message holds user text: secret")
            case "fail":
                return Finished(key, None, "failed")
            case _ if text.startswith("big"):
                return Finished(key, "X" * 5_000_000)
            case _ if text.startswith("slow"):
                time.sleep(0.05)
        return Finished(key, f"{text.upper()} {target}")


def broken(device: str) -> Stub:
    """A model that does not load."""
    raise OSError("no model here")


def broken_on_first(device: str) -> Stub:
    """Loads everywhere but on the first CPU."""
    return broken(device) if device == "cpu:0" else Stub(device)


def broken_once(folder: str, device: str) -> Stub:
    """Fails to load the first time."""
    mark = Path(folder, "tried")
    if not mark.exists():
        mark.touch()
        return broken(device)
    return Stub(device)


def broken_until_mended(folder: str, device: str) -> Stub:
    """Fails to load until there is a file of that name."""
    return Stub(device) if Path(folder, "mended").exists() else broken(device)


class Batches(Stub):
    """Takes 50 ms for a batch, as a GPU does: whatever is in it."""

    def step(self) -> list[Finished]:
        time.sleep(0.05)
        return super().step()


class WithMemory(Stub):
    """Has room for 100 bytes of segments."""

    def __init__(self, device: str) -> None:
        super().__init__(device)
        self.budget = 100
