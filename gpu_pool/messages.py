"""Every type that crosses the boundary between the pool and a worker process.

Plain data only, no exceptions, tensors or live objects: a message must always unpickle on the
other side.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gpu_pool.packing import Packed


class Segment(NamedTuple):
    """Work for a worker, with its cost. Equal payloads have equal results."""

    payload: bytes  # what the worker's decoder accepts; opaque to the pool
    tokens: int  # the unit in which work is counted and balanced
    memory: int = 0  # bytes of device memory held while it is decoded


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """The engine that a worker decodes with, its data type, and why it was chosen.

    `kernels`: for each operation that may have a kernel, the implementation in use.
    """

    name: str
    dtype: str
    reason: str
    kernels: Mapping[str, str] = field(default_factory=dict)


# --- pool → worker -------------------------------------------------------------------------


class Work(NamedTuple):
    """Segments to decode: the id that the result of each will carry, and its payload."""

    ids: bytes  # of `pack_numbers`
    payloads: Packed


@dataclass(frozen=True, slots=True)
class Stop:
    """Finish the outstanding segments, then exit with code 0."""


# --- worker → pool -------------------------------------------------------------------------


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


class Done(NamedTuple):
    """Segments finished in one step of the worker."""

    ids: bytes  # of `pack_numbers`
    results: Packed
    busy_seconds: float  # time the worker spent computing since its previous `Done`


@dataclass(frozen=True, slots=True)
class Failed:
    """The worker cannot continue and is about to exit; `reason` never contains user text."""

    reason: str


ToWorker = Work | Stop
FromWorker = Ready | Heartbeat | Done | Failed
