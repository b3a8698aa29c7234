"""From a configuration to an engine: which dtype, which engine, on which device."""

import os

import torch

from translator.checkpoints import Checkpoint
from translator.config import TranslatorConfig
from translator.engines import Decoder, Engine
from translator.engines.static import StaticEngine
from translator.errors import DeviceError
from translator.tokenizer import Tokenizer


def build_engine(config: TranslatorConfig, checkpoint: Checkpoint, tokenizer: Tokenizer) -> Engine:
    """Load the model and return the engine that `config` asks for.

    Raises DeviceError for a device that is not there or cannot do what is asked, and
    CheckpointError where the weights cannot be loaded.
    """
    check_device(config.device)
    kind = config.device.partition(":")[0]
    engine = config.engine
    if engine == "auto":
        engine = "ctranslate2" if kind == "cpu" else "reference"
    dtype = config.dtype if config.dtype != "auto" else best_dtype(config.device, engine)
    if engine == "inflight":
        from translator.engines.inflight.build import build_inflight

        return build_inflight(config, checkpoint, getattr(torch, dtype))
    build = _ctranslate2 if engine == "ctranslate2" else _reference
    return StaticEngine(build(config, checkpoint, tokenizer, dtype), config.batch_tokens)


def best_dtype(device: str, engine: str) -> str:
    """Return the name of the fastest dtype that keeps the translations good."""
    if device.startswith("cpu"):
        return "int8" if engine == "ctranslate2" else "float32"
    major, _ = torch.cuda.get_device_capability(device)
    # Ampere (8.0) computes bfloat16; older GPUs only emulate it, slower than float32.
    return "bfloat16" if major >= 8 else "float16"


def check_device(device: str) -> None:
    """Raise DeviceError unless `device` is "cpu", "cpu:N" or a "cuda:N" that exists."""
    kind, _, index = device.partition(":")
    if kind not in ("cpu", "cuda") or (index and not index.isdecimal()):
        raise DeviceError(f"no such device: {device!r}; use 'cpu' or 'cuda:0', 'cuda:1', …")
    if kind == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if int(index or 0) >= count:
            raise DeviceError(f"{device} does not exist: torch sees {count} CUDA devices")


def _reference(
    config: TranslatorConfig, checkpoint: Checkpoint, _: Tokenizer, dtype: str
) -> Decoder:
    from translator.engines.loading import load_model
    from translator.engines.reference import ReferenceDecoder

    if dtype == "int8":  # of engine "auto", which is this one on a GPU
        raise DeviceError("dtype int8 needs engine ctranslate2; reference has none")
    on_cpu = config.device.startswith("cpu")
    if on_cpu and config.threads:
        torch.set_num_threads(config.threads)
    model = load_model(checkpoint.folder, getattr(torch, dtype))
    model.to("cpu" if on_cpu else config.device)
    return ReferenceDecoder(model)


def _ctranslate2(
    config: TranslatorConfig, checkpoint: Checkpoint, tokenizer: Tokenizer, dtype: str
) -> Decoder:
    from translator.engines.conversion import converted
    from translator.engines.ctranslate2 import CTranslate2Decoder

    folder = converted(checkpoint, tokenizer, dtype, config.cache)
    kind, _, index = config.device.partition(":")
    if kind == "cuda":
        return CTranslate2Decoder.on_gpu(folder, tokenizer, dtype, int(index or 0))
    cores = config.threads or len(os.sched_getaffinity(0))
    beams = config.beams or checkpoint.beams
    return CTranslate2Decoder.on_cpu(folder, tokenizer, dtype, cores, beams)
