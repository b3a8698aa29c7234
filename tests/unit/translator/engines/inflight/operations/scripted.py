"""Sentences whose tokens are in several scripts, and a model that is to choose no others."""

import random
from collections import defaultdict
from functools import partial

import torch
from torch import Tensor
from transformers import M2M100ForConditionalGeneration

from tests.unit.translator.engines.inflight.tiny import (
    EOS,
    LENGTH,
    SOURCE,
    START,
    VOCABULARY,
    MakeLauncher,
    by_generate,
    drain,
    eager,
    random_segments,
)
from translator.engines import DecodedSegment, EncodedSegment
from translator.engines.inflight.engine import BeamGroup, InflightEngine
from translator.engines.inflight.network import Network
from translator.engines.inflight.pool import SlotPool
from translator.engines.inflight.state import SlotState

# Most tokens are of all sentences; others are of one of three scripts, one of which has a token.
SCRIPT = torch.zeros(VOCABULARY, dtype=torch.int64)  # bits of the tokens
SCRIPT[4:50:6], SCRIPT[5:50:6], SCRIPT[33] = 1, 2, 4
PARTS = [torch.eq(SCRIPT, bits).nonzero()[:, 0] for bits in (0, 1, 2, 4)]
TARGETS = {50: 0, 51: 1, 52: 2}  # by the token of the language


def scripts_of(segment: EncodedSegment) -> int:
    bits = TARGETS[segment.target_id or 50]
    for token in segment.source_ids:
        bits |= int(SCRIPT[token])
    return bits


def forbidden(bits: int) -> Tensor:
    """Return bool `[V]`: which tokens a sentence may not have."""
    return (SCRIPT != 0) & (SCRIPT & bits == 0)


def sources(count: int, seed: int) -> list[EncodedSegment]:
    """Return segments; the sources of most are in the common script, and some have a name."""
    rng = random.Random(seed)
    segments = []
    for segment in random_segments(count, seed):
        name = rng.randrange(4) == 0
        ids = [i for i in segment.source_ids if name or SCRIPT[i] == 0]
        segments.append(segment._replace(source_ids=ids))
    return segments


def by_generate_without_others(
    model: M2M100ForConditionalGeneration, segments: list[EncodedSegment]
) -> dict[int, DecodedSegment]:
    """Return what `generate` gives for each set of scripts if the scores of others are -inf."""
    groups = defaultdict(list)
    for segment in segments:
        groups[scripts_of(segment)].append(segment)
    assert len(groups) > 4
    results: dict[int, DecodedSegment] = {}
    for bits, group in groups.items():
        masked = partial(torch.Tensor.masked_fill, mask=forbidden(bits), value=-torch.inf)
        hook = model.lm_head.register_forward_hook(lambda *call, masked=masked: masked(call[2]))
        results |= by_generate(model, group)
        hook.remove()
    return results


def engine_of(network: Network, make_launcher: MakeLauncher = eager) -> InflightEngine:
    def make_pool(group: BeamGroup) -> SlotPool:
        state = SlotState.allocate(network.weights, 16, group.beams, SOURCE, LENGTH)
        launcher = make_launcher(state)
        return SlotPool(network, state, launcher, START, EOS, group.no_repeat_ngram, scripts_of)

    return InflightEngine(make_pool, encoder_tokens=64)


def decode(
    engine: InflightEngine, segments: list[EncodedSegment], seed: int
) -> dict[int, DecodedSegment]:
    """Decode sentences that join at any step."""
    rng, position = random.Random(seed), 0
    results: dict[int, DecodedSegment] = {}
    while position < len(segments):
        joining = rng.choice((0, 0, 1, 2, 9))
        engine.submit(segments[position : position + joining])
        position += joining
        results |= {decoded.key: decoded for decoded in engine.step()}
    drain(engine, results, len(segments))
    return results


def check(
    expected: dict[int, DecodedSegment],
    results: dict[int, DecodedSegment],
    segments: list[EncodedSegment],
) -> None:
    """The results are those expected, without a token that a sentence may not have."""
    different = [key for key in expected if expected[key] != results[key]]
    assert not different, [(segments[k], expected[k], results[k]) for k in different[:3]]
    for segment in segments:
        decoded = results[segment.key]
        for ids in (decoded.ids or [], *decoded.alternatives):
            assert not forbidden(scripts_of(segment))[ids].any()
