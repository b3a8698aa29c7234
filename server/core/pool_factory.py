"""Settings → checkpoint → pool, for the server and `m2m-translate`."""

import os
from collections.abc import Sequence
from functools import cache, partial

from gpu_pool.interface import Pool
from gpu_pool.pool import GpuPool
from gpu_pool.settings import PoolSettings
from server.core.cache import CacheObserver, TranslationCache
from server.core.pooled_translator import PooledTranslator
from server.core.served_model import ServedModel
from server.core.settings import Settings
from server.core.worker_factory import make_decoder
from translator import TranslatorConfig
from translator.models.checkpoints import Checkpoint
from translator.text.detection import Detector
from translator.text.detector_file import DetectorFile
from translator.text_model import TextModel

_BATCHES_AHEAD = 2


def describe_model(
    settings: Settings, devices: Sequence[str], checkpoint: Checkpoint, processes: int = 1
) -> ServedModel:
    """Return what a front must know about a model; only its small files are read.

    Raises FasttextFileError where `settings.detector` is not a file that detects its languages.
    `processes` share the bytes of the cache: fronts, and the one of the jobs.
    """

    @cache  # tokens and beams are few
    def memory(tokens: int, beams: int) -> int:
        return checkpoint.bytes_per_segment(tokens, beams, settings.dtype)

    def translated_by(pool: Pool, observer: CacheObserver | None = None) -> PooledTranslator:
        cache = TranslationCache(settings.cache_bytes // processes, observer)
        return PooledTranslator(pool, model, memory, cache)

    # Beside a GPU, a quarter of a millisecond per sentence is too much.
    thorough = not any(device.startswith("cuda") for device in devices)
    model = TextModel.for_checkpoint(checkpoint, settings.beams, thorough=thorough)
    file = DetectorFile(settings.detector) if settings.detector else None
    detector = Detector(model.languages, file)
    return ServedModel(model.name, model.languages, model.segmenter, detector, translated_by)


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
    return GpuPool(devices, partial(make_decoder, config=config), limits)
