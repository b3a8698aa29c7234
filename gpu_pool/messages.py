"""Every type that crosses the boundary between the front and a worker process.

Plain data only: no exceptions, tensors or live objects, so that a message can always be
unpickled on the other side, whatever went wrong on this one.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of text to translate, and what it will cost."""

    text: str
    source: str
    target: str
    tokens: int  # source tokens: the unit in which work is counted and balanced
    memory: int = 0  # bytes of device memory held while it is decoded
    alternatives: int = 0  # further translations wanted beside the best
    glossary: tuple[tuple[str, str], ...] = ()  # terms of the text, and what they must become


@dataclass(frozen=True, slots=True)
class Translation:
    """What a segment became; `warnings` are codes of what is doubtful about it."""

    text: str
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()  # best first, without `text`


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What a worker decodes with, the type that it computes in, and why it is this engine."""

    name: str
    dtype: str
    reason: str


# --- front → worker -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Work:
    """Segments for a worker, each under the id that its result will carry."""

    segments: tuple[tuple[int, Segment], ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """Finish what is in hand, then leave with exit code 0."""


# --- worker → front -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded and warm."""

    name: str  # what the device calls itself
    uuids: tuple[str, ...]  # of its GPUs, as torch reports them; none on a CPU
    budget: int | None  # bytes that segments may hold in all; None: not limited by memory
    memory_scale: float  # bytes that it used in a trial for each that the formula counts
    batches: int  # decoded at a time: it may hold so many times as much work
    engine: EngineInfo


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The work loop is turning; sent at least once a second between steps."""

    cached: int  # bytes the process holds from the device but does not use: free to its own work
    splits: int  # batches split after running out of memory, since the start


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one segment: a translation, or else an error that may be shown."""

    id: int
    translation: Translation | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """Segments finished in one step of the worker."""

    results: tuple[Result, ...]
    busy_seconds: float  # time the worker spent computing since its last `Done`


@dataclass(frozen=True, slots=True)
class Failed:
    """The worker cannot go on and is about to exit; `reason` never holds user text."""

    reason: str


ToWorker = Work | Stop
FromWorker = Ready | Heartbeat | Done | Failed
