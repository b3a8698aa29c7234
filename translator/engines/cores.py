"""How CTranslate2 spends the cores: many replicas of few threads, or few of many.

Threads shorten one sentence of a large model; replicas, which share the weights, decode more at
a time. Where the one overtakes the other depends on the model and the machine: so it is measured.
"""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
from filelock import FileLock

_log = logging.getLogger(__name__)
_SOURCE_TOKENS, _TARGET_TOKENS = 12, 16  # a usual sentence, decoded to exactly this length
_BATCH = 16  # sentences a replica under load
_REPEATS = 3  # the best counts: the others were disturbed


@dataclass(frozen=True, slots=True)
class CoreSplit:
    """`replicas` batches at a time, each computed by `threads` threads."""

    replicas: int
    threads: int


Load = Callable[[CoreSplit], ctranslate2.Translator]


def splits(cores: int) -> list[CoreSplit]:
    """Return the ways worth a try: 1, 2, 4, … threads a replica."""
    threads = [2**i for i in range(cores.bit_length()) if 2**i <= cores]
    return [CoreSplit(cores // count, count) for count in threads]


def best_split(folder: Path, load: Load, word: str, cores: int, beams: int) -> CoreSplit:
    """Return the split with the best product of its rates for one sentence and under load.

    The answer for this many cores and beams is kept beside `folder`, the model's place in the
    cache; `load` loads it; `word` is a token of its vocabulary. Processes measure one at a time.
    """
    path = folder.with_name(f"{folder.name}.cores.json")
    path.parent.mkdir(parents=True, exist_ok=True)  # a fetched model brings its own converted one
    name = f"{cores} cores, {beams} beams"
    with FileLock(f"{path}.lock"):
        known = json.loads(path.read_text()) if path.is_file() else {}
        if name not in known:
            begun = time.perf_counter()
            found = {split: _score(load(split), split, word, beams) for split in splits(cores)}
            best = max(found, key=lambda split: found[split])
            known[name] = [best.replicas, best.threads]
            path.write_text(json.dumps(known) + "\n")
            _log.info(
                "%d replicas of %d threads are best here for %s; measured in %.1f s, kept in %s",
                *(best.replicas, best.threads, name, time.perf_counter() - begun, path),
            )
    return CoreSplit(*known[name])


def _score(translator: ctranslate2.Translator, split: CoreSplit, word: str, beams: int) -> float:
    """Return sentences a second one by one, times sentences a second under load."""

    def seconds(sentences: int) -> float:
        begun = time.perf_counter()
        translator.translate_batch(
            [[word] * _SOURCE_TOKENS] * sentences,
            beam_size=beams,
            min_decoding_length=_TARGET_TOKENS,
            max_decoding_length=_TARGET_TOKENS,
            max_batch_size=_BATCH,
        )
        return time.perf_counter() - begun

    many = _BATCH * split.replicas
    seconds(split.replicas)  # warm-up
    alone, loaded = (min(seconds(n) for _ in range(_REPEATS)) for n in (1, many))
    return many / (alone * loaded)
