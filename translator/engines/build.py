"""From a configuration to an engine: which dtype, which engine, on which device."""

from importlib.util import find_spec

import torch

from translator.checkpoints import Checkpoint
from translator.config import TranslatorConfig
from translator.engines import Decoder, Engine
from translator.engines.inflight.int8 import computes_int8
from translator.engines.static import StaticEngine
from translator.errors import DeviceError
from translator.tokenizer import Tokenizer


def build_engine(config: TranslatorConfig, checkpoint: Checkpoint, tokenizer: Tokenizer) -> Engine:
    """Load the model and return the engine that `config` asks for.

    Raises DeviceError for a device that is not there or cannot do what is asked, and
    CheckpointError where the weights cannot be loaded.
    """
    check_device(config.device)
    engine = config.engine if config.engine != "auto" else best_engine(config.device)
    if "+" in config.device and engine != "inflight":
        raise DeviceError(f"{config.device}: only engine inflight spreads a model over devices")
    dtype = config.dtype if config.dtype != "auto" else best_dtype(config.device, engine)
    if config.device.startswith("cpu") and (engine == "ctranslate2" or dtype == "int8"):
        from translator.engines.cpu import build_cpu

        return build_cpu(config, checkpoint, tokenizer, engine, dtype)
    if engine == "inflight":
        from translator.engines.inflight.build import build_inflight

        return build_inflight(config, checkpoint, dtype)
    if engine == "reference":
        return StaticEngine(_reference(config, checkpoint, dtype), config.batch_tokens)
    return _ctranslate2(config, checkpoint, tokenizer, dtype)


def best_engine(device: str) -> str:
    """Return the name of the fastest engine that is proven on such a device.

    On a CPU, `ctranslate2` is the one that `auto` compares others with.
    """
    if "+" in device:
        return "inflight"
    if device.startswith("cuda"):
        return "reference"
    return "ctranslate2" if find_spec("ctranslate2") else "inflight"


def best_dtype(device: str, engine: str) -> str:
    """Return the name of the fastest dtype that keeps the translations good."""
    if device.startswith("cpu"):
        if engine == "ctranslate2" or (engine == "inflight" and computes_int8()):
            return "int8"
        return "bfloat16" if engine == "inflight" and computes_bfloat16() else "float32"
    majors = [torch.cuda.get_device_capability(part)[0] for part in device.split("+")]
    # Ampere (8.0) computes bfloat16; older GPUs only emulate it, slower than float32.
    return "bfloat16" if min(majors) >= 8 else "float16"


def computes_bfloat16() -> bool:
    """Tell whether this CPU multiplies in bfloat16, rather than emulating it."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def check_device(device: str) -> None:
    """Raise DeviceError unless `device` is "cpu", "cpu:N", a "cuda:N" that exists, or a group.

    A group is devices of one kind, each once, joined by "+".
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
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if any(int(number or 0) >= count for number in numbers):
            raise DeviceError(f"{device} does not exist: torch sees {count} CUDA devices")


def _reference(config: TranslatorConfig, checkpoint: Checkpoint, dtype: str) -> Decoder:
    from translator.engines.loading import load_model
    from translator.engines.reference import ReferenceDecoder

    if dtype == "int8":  # of engine "auto", which is this one on a GPU
        raise DeviceError("dtype int8 needs engine ctranslate2 or inflight; reference has none")
    on_cpu = config.device.startswith("cpu")
    if on_cpu and config.threads:
        torch.set_num_threads(config.threads)
    model = load_model(checkpoint.folder, getattr(torch, dtype))
    model.to("cpu" if on_cpu else config.device)
    return ReferenceDecoder(model)


def _ctranslate2(
    config: TranslatorConfig, checkpoint: Checkpoint, tokenizer: Tokenizer, dtype: str
) -> Engine:
    from translator.engines.conversion import converted
    from translator.engines.ctranslate2 import CTranslate2Decoder

    index = config.device.partition(":")[2]
    folder = converted(checkpoint, tokenizer, dtype, config.cache)
    decoder = CTranslate2Decoder.on_gpu(folder, tokenizer, dtype, int(index or 0))
    return StaticEngine(decoder, config.batch_tokens)
