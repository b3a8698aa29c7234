"""Settings → checkpoints → models and pool, for the server and `m2m-translate`."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from gpu_pool.devices import parse_devices
from gpu_pool.interface import Pool
from gpu_pool.model_spec import ModelSpec
from gpu_pool.pool import GpuPool
from gpu_pool.settings import PoolSettings
from server.core.cache import TranslationCache
from server.core.models import Models
from server.core.pooled_translator import PooledTranslator
from server.core.served_model import ServedModel
from server.core.settings import Settings
from server.core.worker_factory import make_decoder
from translator import CheckpointError, TranslatorConfig
from translator.device_memory import MemoryShare
from translator.models.checkpoints import Checkpoint, resolve
from translator.text.detection import Detector
from translator.text.detector_file import DetectorFile
from translator.text.fasttext_file import FasttextFileError
from translator.text_model import TextModel

_BATCHES_AHEAD = 2

Placement = Mapping[str, tuple[str, ...]]
"""The devices of each model, by its name."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Models, and a pool for them that is not started."""

    models: Models
    pool: GpuPool
    workers: tuple[str, ...]  # the device of each


def prepare(settings: Settings, per_gpu: int = 1) -> Prepared:
    """Return the models and the pool that the settings describe; only small files are read.

    `per_gpu` processes, each with these models and a pool, share the memory of a GPU.
    Raises CheckpointError, whose message names the model, TimeoutError where NVML does not respond,
    and ValueError where settings contradict each other.
    """
    checkpoints = _find_checkpoints(settings)
    placement = _find_devices(settings, checkpoints)
    models = describe_models(settings, placement, checkpoints)
    workers = tuple(device for devices in placement.values() for device in devices)
    return Prepared(models, _make_pool(settings, placement, checkpoints, per_gpu), workers)


def _find_checkpoints(settings: Settings) -> list[Checkpoint]:
    """Return the checkpoints of all models, with the names that the settings give them."""
    found: dict[str, Checkpoint] = {}
    for given in settings.models:
        try:
            checkpoint = resolve(given.model, local_files_only=settings.local_files_only)
        except CheckpointError as error:
            raise CheckpointError(f"model {given.model}: {error}") from error
        name = given.name or checkpoint.name
        if name in found:
            raise ValueError(f"two models have the name {name}; name them with --model NAME=MODEL")
        found[name] = replace(checkpoint, name=name)
    return list(found.values())


def _find_devices(
    settings: Settings, checkpoints: Sequence[Checkpoint]
) -> dict[str, tuple[str, ...]]:
    """Return the devices of each model: those of its own, else those of all."""
    names = [checkpoint.name for checkpoint in checkpoints]
    own = settings.devices_by_model
    unknown = sorted(set(own) - set(names))
    if unknown:
        raise ValueError(f"--model-devices {unknown[0]}=…: the models are {', '.join(names)}")
    shared = () if own.keys() == set(names) else parse_devices(settings.devices)
    return {name: parse_devices(own[name]) if name in own else shared for name in names}


def describe_models(
    settings: Settings, placement: Placement, checkpoints: Sequence[Checkpoint]
) -> Models:
    """Return what a front must know about the models; only their small files are read.

    Raises RouteError, and ValueError where `settings.detector` is not a file that detects languages
    of the models.
    """
    described = [
        _describe(settings, placement[checkpoint.name], checkpoint) for checkpoint in checkpoints
    ]
    file = _read_detector(settings.detector) if settings.detector else None
    models = Models(described, settings.routes, file)
    if file is not None and not Detector(models.languages, file).known:
        labels = f"none of its {len(file.labels)} labels is a language of the models"
        raise ValueError(f"detector {settings.detector}: {labels}")
    return models


def _read_detector(path: Path) -> DetectorFile:
    try:
        return DetectorFile(path)
    except FasttextFileError as error:
        raise ValueError(f"detector {path}: {error}") from error


def _describe(settings: Settings, devices: Sequence[str], checkpoint: Checkpoint) -> ServedModel:
    @cache  # tokens and beams are few
    def memory(tokens: int, beams: int) -> int:
        return checkpoint.bytes_per_segment(tokens, beams, settings.dtype)

    def translated_by(pool: Pool, cache: TranslationCache) -> PooledTranslator:
        return PooledTranslator(pool, model, memory, cache)

    # Beside a GPU, a quarter of a millisecond per sentence is too much.
    thorough = not any(device.startswith("cuda") for device in devices)
    model = TextModel.for_checkpoint(checkpoint, settings.beams, thorough=thorough)
    return ServedModel(
        model.name, model.languages, checkpoint.licence, model.segmenter, translated_by
    )


def _make_pool(
    settings: Settings, placement: Placement, checkpoints: Sequence[Checkpoint], per_gpu: int
) -> GpuPool:
    limits = PoolSettings(
        max_queued_tokens=settings.max_queued_tokens,
        max_queued_segments=settings.max_queued_segments,
        startup_timeout=settings.startup_timeout,
        hang_timeout=settings.hang_timeout,
        memory_margin=settings.memory_margin,
    )
    weights = {each.name: each.weight_bytes(settings.dtype) for each in checkpoints}
    cpus = sum(device.startswith("cpu") for devices in placement.values() for device in devices)
    specs = []
    for checkpoint in checkpoints:
        config = _configure(settings, checkpoint, cpus)
        shares = _shares(checkpoint.name, placement, weights, per_gpu)
        specs.append(
            ModelSpec(
                checkpoint.name,
                placement[checkpoint.name],
                partial(make_decoder, config=config, shares=shares),
                _BATCHES_AHEAD * settings.batch_tokens // (settings.beams or checkpoint.beams),
            )
        )
    return GpuPool(specs, limits)


def _configure(settings: Settings, checkpoint: Checkpoint, cpus: int) -> TranslatorConfig:
    """Return the configuration of a model's workers; `cpus` of all workers share the CPU."""
    threads = settings.threads or len(os.sched_getaffinity(0))
    return TranslatorConfig(
        model=str(checkpoint.folder),  # found or downloaded once, for all workers
        dtype=settings.dtype,
        engine=settings.engine,
        kernels=settings.kernels,
        beams=settings.beams,
        batch_tokens=settings.batch_tokens,
        threads=max(1, threads // cpus) if cpus else None,
        cache=settings.cache,
        target_scripts=settings.target_scripts,
    )


def _shares(
    name: str, placement: Placement, weights: Mapping[str, int], per_gpu: int
) -> dict[str, MemoryShare]:
    """Return a model's part of the memory of each of its devices that has other models, too.

    Those of `per_gpu - 1` other processes count. A group spreads the weights over its devices.
    """
    shares: dict[str, MemoryShare] = {}
    for worker in placement[name]:
        devices = worker.split("+")
        for device in devices:
            others = [
                weights[other] // len(group.split("+"))
                for other in placement
                for group in placement[other]
                if other != name and device in group.split("+")
            ]
            own = weights[name] // len(devices)
            others += [own, *others] * (per_gpu - 1)
            if others:
                share = MemoryShare(own, sum(others), len(others) + 1)
                shares[worker] = max(shares.get(worker, share), share, key=lambda each: each.others)
    return shares
