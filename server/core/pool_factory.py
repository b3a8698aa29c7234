"""Settings → checkpoint → pool, for the server and `m2m-translate`."""

import os
from collections.abc import Sequence
from functools import partial

from gpu_pool.pool import GpuPool
from gpu_pool.settings import PoolSettings
from server.core.settings import Settings
from server.core.translation import ServedModel
from server.core.worker_factory import make_translator
from translator import TranslatorConfig
from translator.models.checkpoints import Checkpoint
from translator.text.segmentation import Segmenter

_BATCHES_AHEAD = 2


def describe_model(settings: Settings, checkpoint: Checkpoint) -> ServedModel:
    """Return what the front must know about a model; only its small files are read."""

    def memory(tokens: int, alternatives: int) -> int:
        return checkpoint.bytes_per_segment(tokens, settings.beams, settings.dtype, alternatives)

    segmenter = Segmenter.for_checkpoint(checkpoint)
    return ServedModel(checkpoint.name, checkpoint.languages, segmenter, memory)


def make_pool(settings: Settings, devices: Sequence[str], checkpoint: Checkpoint) -> GpuPool:
    """Return a pool that is not started; ValueError where settings contradict each other."""
    cpus = sum(device.startswith("cpu") for device in devices)
    threads = settings.threads or len(os.sched_getaffinity(0))
    config = TranslatorConfig(
        model=str(checkpoint.folder),  # found or downloaded once, for all workers
        dtype=settings.dtype,
        engine=settings.engine,
        beams=settings.beams,
        batch_tokens=settings.batch_tokens,
        threads=max(1, threads // cpus) if cpus else None,
        cache=settings.cache,
    )
    limits = PoolSettings(
        max_queued_tokens=settings.max_queued_tokens,
        max_queued_segments=settings.max_queued_segments,
        worker_tokens=_BATCHES_AHEAD
        * settings.batch_tokens
        // (settings.beams or checkpoint.beams),
        startup_timeout=settings.startup_timeout,
        hang_timeout=settings.hang_timeout,
        memory_margin=settings.memory_margin,
    )
    return GpuPool(devices, partial(make_translator, config=config), limits)
