"""Engines on a CPU that has CTranslate2: its own, or the in-flight one where that is faster."""

import os
from collections.abc import Callable
from functools import partial

from translator.checkpoints import Checkpoint
from translator.config import TranslatorConfig
from translator.engines import Engine
from translator.engines.conversion import cache_entry, converted
from translator.engines.ctranslate2 import CoreSplit, CTranslate2Decoder, splits
from translator.engines.inflight.build import build_inflight
from translator.engines.inflight.int8 import computes_int8
from translator.engines.speeds import fastest, usual_sentence
from translator.engines.static import StaticEngine
from translator.tokenizer import Tokenizer


def build_cpu(
    config: TranslatorConfig, checkpoint: Checkpoint, tokenizer: Tokenizer, dtype: str
) -> Engine:
    """Return the fastest of the ways to use the cores; at the first start they are tried.

    Engine `ctranslate2` is tried as replicas and as threads; `auto` in int8 also tries `inflight`,
    where the CPU multiplies in int8.
    """
    cores = config.threads or len(os.sched_getaffinity(0))
    rules = checkpoint.decoding(config.beams)

    def static(split: CoreSplit) -> Engine:
        folder = converted(checkpoint, tokenizer, dtype, config.cache)
        decoder = CTranslate2Decoder.on_cpu(folder, tokenizer, dtype, split)
        return StaticEngine(decoder, config.batch_tokens)

    candidates: dict[str, Callable[[], Engine]] = {
        f"ctranslate2, {split.replicas} x {split.threads} threads, {rules.beams} beams": partial(
            static, split
        )
        for split in splits(cores)
    }
    if config.engine == "auto" and dtype == "int8" and computes_int8():
        name = f"inflight, {cores} cores, {rules.beams} beams"
        candidates[name] = partial(build_inflight, config, checkpoint, dtype)
    # Not beside the converted model, whose folder may be one to read only.
    entry = cache_entry(checkpoint, dtype, config.cache)
    sentence = usual_sentence(tokenizer, checkpoint.languages, rules)
    return fastest(entry.with_name(f"{entry.name}.speeds.json"), candidates, sentence)
