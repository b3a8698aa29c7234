"""Which way to decode is the fastest here: it depends on the model and the machine, so it is tried.

On a CPU, threads shorten one sentence of a large model, and replicas decode more at a time;
CTranslate2 spends less between the steps, the in-flight engine less in them.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from filelock import FileLock

from translator.engines import Decoding, EncodedSegment, Engine
from translator.tokenizer import Tokenizer

_log = logging.getLogger(__name__)
_SOURCE_TOKENS, _TARGET_TOKENS = 12, 16  # a usual sentence
_LOAD = 32  # sentences that are there at a time under load
_REPEATS = 3  # with one sentence: the best counts, the others were disturbed

Candidates = Mapping[str, Callable[[], Engine]]


def fastest(path: Path, candidates: Candidates, sentence: EncodedSegment) -> Engine:
    """Return the engine with the best product of its rates for one sentence and under load.

    The speeds are kept in the JSON file `path`, where those of candidates that were tried before
    are found again. Each is made, tried on copies of `sentence` and dropped; the best is made anew
    unless it was the last. Processes measure one at a time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        known: dict[str, float] = json.loads(path.read_text()) if path.is_file() else {}
        last, engine = "", None
        for name, make in candidates.items():
            if name not in known:
                last, engine = name, None  # the one before makes room first
                engine = make()
                begun = time.perf_counter()
                known[name] = speed(engine, sentence)
                took = time.perf_counter() - begun
                _log.info("%s: speed %.0f, measured in %.1f s", name, known[name], took)
                path.write_text(json.dumps(known, indent=1) + "\n")
    best = max(candidates, key=lambda name: known[name])
    _log.info("%s is the fastest here; the speeds are kept in %s", best, path)
    return engine if engine is not None and best == last else candidates[best]()


def speed(engine: Engine, sentence: EncodedSegment) -> float:
    """Return tokens a second with one sentence at a time, times tokens a second under load."""

    def seconds_a_token(sentences: int) -> float:
        begun = time.perf_counter()
        engine.submit([replace(sentence, key=key) for key in range(sentences)])
        left, tokens = sentences, 0
        while left:
            for decoded in engine.step():
                left -= 1
                tokens += len(decoded.ids or ()) + 1  # with the one that ends it
        return (time.perf_counter() - begun) / tokens

    seconds_a_token(_LOAD)  # warm-up: kernels are made for a shape when it first comes
    alone = min(seconds_a_token(1) for _ in range(_REPEATS))
    return 1 / (alone * seconds_a_token(_LOAD))


def usual_sentence(
    tokenizer: Tokenizer, languages: Sequence[str], rules: Decoding
) -> EncodedSegment:
    """Return a sentence of usual length between the first two languages, decoded by `rules`."""
    source, target = (tokenizer.language_ids[code] for code in languages[:2])
    word = tokenizer.size // 2
    return EncodedSegment(
        key=0,
        source_ids=[source, *[word] * _SOURCE_TOKENS, tokenizer.eos],
        target_id=target,
        decoding=replace(rules, max_length=min(rules.max_length, _TARGET_TOKENS + 2)),
    )
