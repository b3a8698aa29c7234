"""Engines on a CPU: CTranslate2 or the in-flight one, with the fastest use of the cores."""

import os
from functools import partial

from translator.config import TranslatorConfig
from translator.engines import Engine, EngineChoice
from translator.engines.autotune import Candidate, DeviceClass, autotune
from translator.engines.cpu_features import computes_int8
from translator.engines.replicas import replica_counts
from translator.engines.static import StaticEngine
from translator.engines.trial import CPU_TRIAL
from translator.models.checkpoints import Checkpoint
from translator.models.tokenizer import Tokenizer

_CPU = DeviceClass("cpu", CPU_TRIAL)


def build_cpu(
    config: TranslatorConfig, checkpoint: Checkpoint, tokenizer: Tokenizer, engine: str, dtype: str
) -> tuple[Engine, EngineChoice]:
    """Return the fastest engine and use of the cores; they are measured at the first start.

    `engine` is `ctranslate2`, or `inflight` in int8. If the configuration says `auto`, the
    in-flight engine is a candidate beside CTranslate2 on CPUs that multiply in int8.
    """
    cores = config.threads or len(os.sched_getaffinity(0))
    candidates: list[Candidate] = []
    if engine == "ctranslate2":
        candidates += _ctranslate2_candidates(config, checkpoint, tokenizer, dtype, cores)
    if engine == "inflight" or (config.engine == "auto" and dtype == "int8" and computes_int8()):
        candidates += _inflight_candidates(config, checkpoint, cores)
    return autotune(config, checkpoint, tokenizer, _CPU, candidates, {})


def _ctranslate2_candidates(
    config: TranslatorConfig, checkpoint: Checkpoint, tokenizer: Tokenizer, dtype: str, cores: int
) -> list[Candidate]:
    from translator.engines.conversion import converted
    from translator.engines.ctranslate2 import CoreSplit, CTranslate2Decoder, core_splits

    def make(split: CoreSplit) -> Engine:
        folder = converted(checkpoint, tokenizer, dtype, config.cache)
        decoder = CTranslate2Decoder.on_cpu(folder, tokenizer, dtype, split)
        return StaticEngine(decoder, config.batch_tokens)

    return [
        Candidate(
            f"ctranslate2, {split.replicas} x {split.threads} threads",
            "ctranslate2",
            dtype,
            partial(make, split),
        )
        for split in core_splits(cores)
    ]


def _inflight_candidates(
    config: TranslatorConfig, checkpoint: Checkpoint, cores: int
) -> list[Candidate]:
    def make(replicas: int) -> Engine:
        # Imported here because it loads transformers, which takes seconds.
        from translator.engines.inflight.build import build_int8

        return build_int8(config, checkpoint, cores, replicas)

    # One replica is last: the last candidate is chosen if nothing can be measured.
    return [
        Candidate(f"inflight, {count} on {cores} cores", "inflight", "int8", partial(make, count))
        for count in reversed(replica_counts(cores))
    ]
