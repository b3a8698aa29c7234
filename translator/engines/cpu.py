"""Engines on a CPU: CTranslate2 or the in-flight one, and the cores used as is fastest."""

import os
from functools import partial

from translator.config import TranslatorConfig
from translator.engines import Engine, EngineChoice
from translator.engines.autotune import Place, Way, choose
from translator.engines.inflight.int8 import computes_int8
from translator.engines.replicas import replicas_worth_a_try
from translator.engines.static import StaticEngine
from translator.engines.trial import CPU_LOAD
from translator.models.checkpoints import Checkpoint
from translator.models.tokenizer import Tokenizer


def build_cpu(
    config: TranslatorConfig, checkpoint: Checkpoint, tokenizer: Tokenizer, engine: str, dtype: str
) -> tuple[Engine, EngineChoice]:
    """Return the fastest of the ways to use the cores; at the first start they are tried.

    `engine` is `ctranslate2` or `inflight` in int8; where it was chosen by `auto`, the second is
    tried beside the first, if the CPU multiplies in int8.
    """
    cores = config.threads or len(os.sched_getaffinity(0))
    ways: list[Way] = []
    if engine == "ctranslate2":
        ways += _ways_of_ctranslate2(config, checkpoint, tokenizer, dtype, cores)
    if engine == "inflight" or (config.engine == "auto" and dtype == "int8" and computes_int8()):
        ways += _ways_of_inflight(config, checkpoint, cores)
    return choose(config, checkpoint, tokenizer, Place("cpu", CPU_LOAD), ways, {})


def _ways_of_ctranslate2(
    config: TranslatorConfig, checkpoint: Checkpoint, tokenizer: Tokenizer, dtype: str, cores: int
) -> list[Way]:
    from translator.engines.conversion import converted
    from translator.engines.ctranslate2 import CoreSplit, CTranslate2Decoder, splits

    def make(split: CoreSplit) -> Engine:
        folder = converted(checkpoint, tokenizer, dtype, config.cache)
        decoder = CTranslate2Decoder.on_cpu(folder, tokenizer, dtype, split)
        return StaticEngine(decoder, config.batch_tokens)

    return [
        Way(
            f"ctranslate2, {split.replicas} x {split.threads} threads",
            "ctranslate2",
            dtype,
            partial(make, split),
        )
        for split in splits(cores)
    ]


def _ways_of_inflight(config: TranslatorConfig, checkpoint: Checkpoint, cores: int) -> list[Way]:
    def make(replicas: int) -> Engine:
        # Here, since it loads transformers, which takes seconds.
        from translator.engines.inflight.build import build_int8

        return build_int8(config, checkpoint, cores, replicas)

    # One replica comes last: without a measurement it serves.
    return [
        Way(f"inflight, {replicas} on {cores} cores", "inflight", "int8", partial(make, replicas))
        for replicas in reversed(replicas_worth_a_try(cores))
    ]
