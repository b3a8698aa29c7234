"""Every type that crosses the boundary between the front and a worker process.

Plain data only, no exceptions, tensors or live objects: a message must always unpickle on the
other side.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text to translate, with its cost."""

    text: str
    source: str
    target: str
    tokens: int  # source tokens: the unit in which work is counted and balanced
    memory: int = 0  # bytes of device memory held while it is decoded
    alternatives: int = 0  # number of further translations wanted
    glossary: tuple[tuple[str, str], ...] = ()  # (term, required translation)


@dataclass(frozen=True, slots=True)
class Translation:
    """The translation of a segment; `warnings` are codes of possible defects."""

    text: str
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()  # best first, without `text`


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """The engine that a worker decodes with, its data type, and why it was chosen."""

    name: str
    dtype: str
    reason: str


# --- front → worker -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Work:
    """Segments to translate, each with the id that its result will carry."""

    segments: tuple[tuple[int, Segment], ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """Finish the outstanding segments, then exit with code 0."""


# --- worker → front -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded and warmed up."""

    name: str  # of the device, as it reports it
    uuids: tuple[str, ...]  # of its GPUs, as torch reports them; empty on a CPU
    budget: int | None  # bytes that all segments together may hold; None: not limited by memory
    memory_scale: float  # bytes measured in a trial per byte of the cost formula
    batches: int  # decoded concurrently; the limit of outstanding tokens is multiplied by it
    engine: EngineInfo


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The main loop is running; sent at least once a second between steps."""

    cached: int  # bytes of device memory that the process has reserved but does not use
    splits: int  # batches split after running out of memory, since the process started


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one segment: a translation, or an error that may be shown to users."""

    id: int
    translation: Translation | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """Segments finished in one step of the worker."""

    results: tuple[Result, ...]
    busy_seconds: float  # time the worker spent computing since its previous `Done`


@dataclass(frozen=True, slots=True)
class Failed:
    """The worker cannot continue and is about to exit; `reason` never contains user text."""

    reason: str


ToWorker = Work | Stop
FromWorker = Ready | Heartbeat | Done | Failed
