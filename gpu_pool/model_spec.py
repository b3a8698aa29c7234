"""A model of the pool: where its workers run, and how much each of them holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from gpu_pool.worker_main import WorkerFactory


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One worker runs on each device; a device may have workers of several models."""

    name: str
    devices: Sequence[str]  # `cuda:0`, a group such as `cuda:0+cuda:1`, or `cpu:0`
    factory: WorkerFactory  # pickled, and called in each worker with its device
    worker_tokens: int = 4_096  # outstanding at a worker, per batch that it decodes concurrently
