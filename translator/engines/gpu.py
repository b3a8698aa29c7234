"""Engines on a CUDA device: the in-flight one or CTranslate2, whichever is faster on the card."""

from functools import partial
from importlib.util import find_spec

import torch

from translator.config import TranslatorConfig
from translator.engines import Engine, EngineChoice
from translator.engines.autotune import Place, Way, choose
from translator.engines.static import StaticEngine
from translator.engines.trial import GPU_LOAD
from translator.models.checkpoints import Checkpoint
from translator.models.tokenizer import Tokenizer


def build_gpu(
    config: TranslatorConfig, checkpoint: Checkpoint, tokenizer: Tokenizer, dtype: str
) -> tuple[Engine, EngineChoice]:
    """Return the faster engine, as measured at the first start with such a card.

    `reference` is none of them: it was the slowest by far wherever it was measured.
    """
    from translator.engines.inflight.build import build_inflight

    ways, left_out = [], {}
    why_not = why_not_ctranslate2(config.device, dtype)
    if why_not is None:
        make = partial(ctranslate2_on_gpu, config, checkpoint, tokenizer, dtype)
        ways.append(Way("ctranslate2", "ctranslate2", dtype, make))
    else:
        left_out["ctranslate2"] = why_not
    make = partial(build_inflight, config, checkpoint, dtype)
    ways.append(Way("inflight", "inflight", dtype, make))  # last: without a measurement it serves
    card = torch.cuda.get_device_name(config.device)
    return choose(config, checkpoint, tokenizer, Place(card, GPU_LOAD), ways, left_out)


def why_not_ctranslate2(device: str, dtype: str) -> str | None:
    """Return why CTranslate2 cannot be tried on a CUDA device; None: it can."""
    if find_spec("ctranslate2") is None:
        return "it is not installed"
    from translator.engines.ctranslate2 import why_not_on_gpu

    return why_not_on_gpu(_index(device), dtype)


def ctranslate2_on_gpu(
    config: TranslatorConfig, checkpoint: Checkpoint, tokenizer: Tokenizer, dtype: str
) -> Engine:
    """Load CTranslate2 on the device of `config`; the model is converted if it was not yet."""
    from translator.engines.conversion import converted
    from translator.engines.ctranslate2 import CTranslate2Decoder

    folder = converted(checkpoint, tokenizer, dtype, config.cache)
    decoder = CTranslate2Decoder.on_gpu(folder, tokenizer, dtype, _index(config.device))
    return StaticEngine(decoder, config.batch_tokens)


def _index(device: str) -> int:
    return int(device.partition(":")[2] or 0)
