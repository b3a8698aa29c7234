"""Builds the engine that a configuration asks for: which engine, dtype and device.

torch takes seconds to import and 200 MB, so it is imported where an engine needs it: CTranslate2 on
a CPU does not.
"""

from dataclasses import replace
from importlib.util import find_spec

from translator.config import TranslatorConfig
from translator.engines import Decoder, Engine, EngineChoice
from translator.engines.attention import avoid_cudnn
from translator.engines.cpu_features import computes_int8
from translator.engines.static import StaticEngine
from translator.errors import DeviceError
from translator.models.checkpoints import Checkpoint
from translator.models.tokenizer import Tokenizer
from translator.models.verified import check_hashes_once


def build_engine(
    config: TranslatorConfig, checkpoint: Checkpoint, tokenizer: Tokenizer
) -> tuple[Engine, EngineChoice]:
    """Load the model; return the engine that `config` asks for and the reason for the choice.

    Raises DeviceError if the device does not exist or lacks what is asked of it, and
    CheckpointError if the weights cannot be loaded.
    """
    check_device(config.device)
    if "+" in config.device and config.engine not in ("auto", "inflight"):
        raise DeviceError(f"{config.device}: only engine inflight spreads a model over devices")
    if checkpoint.manifest is not None:
        check_hashes_once(checkpoint.manifest, checkpoint.folder, config.cache)
    engine, choice = _build(config, checkpoint, tokenizer)
    avoid_cudnn()  # after everything is imported and loaded, in every worker
    if checkpoint.converted:
        choice = replace(choice, reason="the only one that reads a converted model")
    return engine, choice


def default_engine(device: str) -> str:
    """Return the engine that `auto` stands for before anything is measured.

    On a CPU it is `ctranslate2`, if installed, to which `auto` adds other candidates.
    """
    on_cpu = device.startswith("cpu") and "+" not in device
    return "ctranslate2" if on_cpu and find_spec("ctranslate2") else "inflight"


def best_dtype(device: str, engine: str) -> str:
    """Return the name of the fastest dtype that preserves the quality of translations."""
    if device.startswith("cpu"):
        if engine == "ctranslate2" or (engine == "inflight" and computes_int8()):
            return "int8"
        return "bfloat16" if engine == "inflight" and computes_bfloat16() else "float32"
    import torch

    majors = [torch.cuda.get_device_capability(part)[0] for part in device.split("+")]
    # Ampere (8.0) computes in bfloat16; older GPUs emulate it, slower than float32.
    return "bfloat16" if min(majors) >= 8 else "float16"


def computes_bfloat16() -> bool:
    """Return whether this CPU multiplies in bfloat16 rather than emulating it."""
    import torch

    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def check_device(device: str) -> None:
    """Raise DeviceError unless `device` is "cpu", "cpu:N", an existing "cuda:N", or a group.

    A group consists of different devices of one kind, joined by "+".
    """
    parts = device.split("+")
    kinds = {part.partition(":")[0] for part in parts}
    numbers = [part.partition(":")[2] for part in parts]
    if (
        not (kinds == {"cpu"} or kinds == {"cuda"})
        or any(number and not number.isdecimal() for number in numbers)
        or len(set(parts)) < len(parts)
    ):
        raise DeviceError(
            f"no such device: {device!r}; use 'cpu', 'cuda:0', 'cuda:1', … or a group "
            "such as 'cuda:0+cuda:1'"
        )
    if kinds == {"cuda"}:
        import torch

        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if any(int(number or 0) >= count for number in numbers):
            raise DeviceError(f"{device} does not exist: torch sees {count} CUDA devices")


def _build(
    config: TranslatorConfig, checkpoint: Checkpoint, tokenizer: Tokenizer
) -> tuple[Engine, EngineChoice]:
    if checkpoint.converted:
        config = _for_converted(config)
    name = config.engine if config.engine != "auto" else default_engine(config.device)
    dtype = config.dtype if config.dtype != "auto" else best_dtype(config.device, name)
    on_cpu = config.device.startswith("cpu")
    if on_cpu and dtype == "float8":
        raise DeviceError(
            f"{config.device}: weights in float8 need a GPU; on CPUs use dtype int8, or auto"
        )
    if on_cpu and (name == "ctranslate2" or dtype == "int8"):
        from translator.engines.cpu import build_cpu

        return build_cpu(config, checkpoint, tokenizer, name, dtype)
    if not on_cpu and config.engine == "auto" and "+" not in config.device:
        from translator.engines.gpu import build_gpu

        return build_gpu(config, checkpoint, tokenizer, dtype)
    choice = EngineChoice(name, dtype, _why(config))
    if name == "inflight":
        from translator.engines.inflight.build import build_inflight

        return build_inflight(config, checkpoint, dtype), choice
    if name == "reference":
        return StaticEngine(_reference(config, checkpoint, dtype), config.batch_tokens), choice
    from translator.engines.gpu import ctranslate2_on_gpu

    return ctranslate2_on_gpu(config, checkpoint, tokenizer, dtype), choice


def _for_converted(config: TranslatorConfig) -> TranslatorConfig:
    """Return the configuration for weights that only CTranslate2 reads; raises DeviceError."""
    if config.engine not in ("auto", "ctranslate2") or "+" in config.device:
        raise DeviceError(
            f"{config.device}: the model was converted for CTranslate2, whose engine is the only "
            "one that reads it, on one device; leave the engine at auto, or serve the checkpoint "
            "that it was made of"
        )
    return replace(config, engine="ctranslate2")


def _why(config: TranslatorConfig) -> str:
    if config.engine != "auto":
        return "asked for"
    if "+" in config.device:
        return "the only one that spreads a model over devices"
    return "CTranslate2 is not installed"


def _reference(config: TranslatorConfig, checkpoint: Checkpoint, dtype: str) -> Decoder:
    import torch

    from translator.engines.loading import load_model
    from translator.engines.reference import ReferenceDecoder

    on_cpu = config.device.startswith("cpu")
    if on_cpu and config.threads:
        torch.set_num_threads(config.threads)
    model = load_model(checkpoint.folder, getattr(torch, dtype))
    model.to("cpu" if on_cpu else config.device)
    return ReferenceDecoder(model)
