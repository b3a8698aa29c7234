"""Engines on a CUDA device: the in-flight one or CTranslate2, whichever is faster on the card."""

from functools import partial
from importlib.util import find_spec

import torch

from translator.config import TranslatorConfig
from translator.engines import Engine, EngineChoice
from translator.engines.autotune import Candidate, DeviceClass, autotune
from translator.engines.static import StaticEngine
from translator.engines.trial import GPU_TRIAL
from translator.models.checkpoints import Checkpoint
from translator.models.tokenizer import Tokenizer


def build_gpu(
    config: TranslatorConfig, checkpoint: Checkpoint, tokenizer: Tokenizer, dtype: str
) -> tuple[Engine, EngineChoice]:
    """Return the faster engine, as measured at the first start on such a card.

    `reference` is not a candidate: it was by far the slowest wherever it was measured.
    """
    from translator.engines.inflight.build import build_inflight

    candidates, skipped = [], {}
    why_not = why_not_ctranslate2(config.device, dtype)
    if why_not is None:
        make = partial(ctranslate2_on_gpu, config, checkpoint, tokenizer, dtype)
        candidates.append(Candidate("ctranslate2", "ctranslate2", dtype, make))
    else:
        skipped["ctranslate2"] = why_not
    make = partial(build_inflight, config, checkpoint, dtype)
    # Last: the last candidate is chosen if nothing can be measured.
    candidates.append(Candidate("inflight", "inflight", dtype, make))
    card = DeviceClass(torch.cuda.get_device_name(config.device), GPU_TRIAL)
    return autotune(config, checkpoint, tokenizer, card, candidates, skipped)


def why_not_ctranslate2(device: str, dtype: str) -> str | None:
    """Return why CTranslate2 cannot run on a CUDA device; None if it may."""
    if find_spec("ctranslate2") is None:
        return "it is not installed"
    from translator.engines.ctranslate2 import why_not_on_gpu

    return why_not_on_gpu(_index(device), dtype)


def ctranslate2_on_gpu(
    config: TranslatorConfig, checkpoint: Checkpoint, tokenizer: Tokenizer, dtype: str
) -> Engine:
    """Load CTranslate2 on the device of `config`; the model is converted if it is not yet."""
    from translator.engines.conversion import converted
    from translator.engines.ctranslate2 import CTranslate2Decoder

    folder = converted(checkpoint, tokenizer, dtype, config.cache)
    decoder = CTranslate2Decoder.on_gpu(folder, tokenizer, dtype, _index(config.device))
    return StaticEngine(decoder, config.batch_tokens)


def _index(device: str) -> int:
    return int(device.partition(":")[2] or 0)
