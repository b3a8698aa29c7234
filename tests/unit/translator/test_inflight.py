"""The in-flight engine gives what `generate` gives, token by token, whoever shares its steps."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import M2M100Config, M2M100ForConditionalGeneration

from tests.agreement import nearly_equal
from training.corpus import DIRECTIONS, read_references
from translator import Translator, TranslatorConfig
from translator.engines import DecodedSegment, Decoding, EncodedSegment
from translator.engines.inflight import engine as engine_module
from translator.engines.inflight.engine import InflightEngine, Lane
from translator.engines.inflight.network import Network
from translator.engines.inflight.placement import Placement, place
from translator.engines.inflight.pool import SlotPool, bucket, decode_step
from translator.engines.inflight.runner import EagerRunner, Flags, Step
from translator.engines.inflight.state import Shape, SlotState
from translator.engines.inflight.weights import load
from translator.engines.reference import ReferenceDecoder

CPU = torch.device("cpu")
VOCABULARY, EOS, START = 60, 2, 2
SOURCE, LENGTH = 24, 40
LANGUAGES = (50, 51, 52)
PER_MODEL = 420


def tiny_model(
    seed: int, encoder_layers: int = 2, vocabulary: int = VOCABULARY
) -> M2M100ForConditionalGeneration:
    """Return random weights that end their translations after some ten tokens."""
    torch.manual_seed(seed)
    config = M2M100Config(
        vocab_size=vocabulary, d_model=16, encoder_layers=encoder_layers, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32,
        decoder_ffn_dim=32, max_position_embeddings=64, init_std=0.5,
    )  # fmt: skip
    model = M2M100ForConditionalGeneration(config).eval()
    embedding = model.model.shared.weight.data
    # Random embeddings are long: shorter ones make scores that are close to one another.
    embedding *= 0.5
    norm = model.model.decoder.layer_norm
    norm.bias.data = 2.0 * embedding[EOS] / embedding[EOS].norm() ** 2
    return model


class LaggingRunner(EagerRunner):
    """Tells of the step before and rounds shapes up, as the runner of CUDA graphs does."""

    lag = 1
    exact = False

    def __init__(self, step: Step, state: SlotState) -> None:
        super().__init__(step, state)
        self._before = Flags([True] * len(state.active), [True] * len(state.active))

    def run(self, shape: Shape) -> Flags:
        before, self._before = self._before, super().run(shape)
        return before


def make_engine(
    model: M2M100ForConditionalGeneration,
    slots: int = 16,
    make_runner: type[EagerRunner] = EagerRunner,
) -> InflightEngine:
    layers = model.config.encoder_layers, model.config.decoder_layers
    network = Network(load(model, Placement(*((CPU,) * n for n in layers))))

    def make_pool(lane: Lane) -> SlotPool:
        state = SlotState.allocate(network.weights, slots, lane.beams, SOURCE, LENGTH)
        return SlotPool(network, state, make_runner, START, EOS, lane.no_repeat_ngram)

    return InflightEngine(make_pool, encoder_tokens=64)


def random_segments(count: int, seed: int) -> list[EncodedSegment]:
    rng = random.Random(seed)
    decodings = [
        Decoding(beams, max_length, length_penalty, early_stopping, hypotheses, no_repeat_ngram)
        for beams, hypotheses in ((1, 1), (4, 1), (4, 3), (5, 5))
        for no_repeat_ngram in (0, 0, 2, 3)
        for max_length in (5, 12, 25, 40)
        for length_penalty in (0.0, 0.6, 1.0, 2.0)
        for early_stopping in (True, False, "never")
    ]
    some = rng.sample(decodings, 9)  # each is a call of generate
    return [
        EncodedSegment(
            key,
            [rng.choice(LANGUAGES), *rng.choices(range(4, 50), k=rng.randint(0, 18)), EOS],
            rng.choice(LANGUAGES),
            rng.choice(some),
        )
        for key in range(count)
    ]


def by_generate(
    model: M2M100ForConditionalGeneration, segments: Sequence[EncodedSegment]
) -> dict[int, DecodedSegment]:
    groups = defaultdict(list)
    for segment in segments:
        groups[segment.decoding].append(segment)
    decoder = ReferenceDecoder(model)
    return {d.key: d for group in groups.values() for d in decoder.decode(group)}


def drain(engine: InflightEngine, results: dict[int, DecodedSegment], count: int) -> None:
    while len(results) < count:
        results |= {decoded.key: decoded for decoded in engine.step()}


@pytest.mark.parametrize(
    ("seed", "encoder_layers", "vocabulary"),
    [(0, 2, 60), (1, 2, 60), (2, 2, 60), (4, 2, 60), (3, 1, 63)],
)
def test_equal_to_generate_with_segments_that_join_at_any_step(
    seed: int, encoder_layers: int, vocabulary: int
) -> None:
    model = tiny_model(seed, encoder_layers, vocabulary)
    segments = random_segments(PER_MODEL, seed)
    expected = by_generate(model, segments)
    lengths = {len(decoded.ids or []) for decoded in expected.values()}
    assert len(lengths) > 10, "the model must end its translations at all lengths"
    engine = make_engine(model, make_runner=LaggingRunner if seed % 2 else EagerRunner)
    rng, results, position = random.Random(seed), dict[int, DecodedSegment](), 0
    while position < len(segments):
        joining = rng.choice((0, 0, 1, 2, 9))
        engine.submit(segments[position : position + joining])
        position += joining
        results |= {decoded.key: decoded for decoded in engine.step()}
    drain(engine, results, len(segments))
    different = [key for key in expected if expected[key] != results[key]]
    assert not different, [(segments[k], expected[k], results[k]) for k in different[:3]]


def sample(count: int) -> tuple[list[str], list[str], list[str]]:
    """Return texts, sources and targets, of all directions and lengths."""
    references = read_references("test")
    work = [
        (text, source, target)
        for source, target in DIRECTIONS
        for text in list(references[source, target])[:: 200 // count]
    ]
    texts, sources, targets = map(list, zip(*work, strict=True))
    return texts, sources, targets


@pytest.mark.parametrize("beams", [1, 4])
def test_equal_to_generate_on_the_bundled_model(beams: int) -> None:
    texts, sources, targets = sample(2 if beams > 1 else 4)
    reference, ours = (
        Translator(TranslatorConfig(engine=engine, dtype="float32", beams=beams))
        for engine in ("reference", "inflight")
    )
    expected = reference.batch(texts, sources, targets)
    assert nearly_equal(ours.batch(texts, sources, targets), expected, 0.03)


def test_layers_on_several_devices_give_the_same() -> None:
    model, segments = tiny_model(1), random_segments(40, 1)
    second = torch.device("cpu", 0)
    placement = Placement((CPU, second), (second, CPU))
    weights = load(model, placement)
    assert [part.layers for part in weights.cross] == [1, 1]
    results: list[dict[int, DecodedSegment]] = []
    for parts in (weights, load(model, Placement((CPU,) * 2, (CPU,) * 2))):
        network = Network(parts)

        def make_pool(lane: Lane, network: Network = network) -> SlotPool:
            state = SlotState.allocate(network.weights, 4, lane.beams, SOURCE, LENGTH)
            return SlotPool(network, state, EagerRunner, START, EOS, lane.no_repeat_ngram)

        engine = InflightEngine(make_pool, 100)
        engine.submit(segments)
        results.append({})
        drain(engine, results[-1], len(segments))
    assert results[0] == results[1]


def test_layers_go_to_devices_by_memory() -> None:
    one, two = torch.device("cuda", 0), torch.device("cuda", 1)
    placement = place([10] * 4, [20] * 4, [(one, 280), (two, 120)])
    assert placement.encoder == (one,) * 4
    assert placement.decoder == (one, one, two, two)
    assert [*placement.decoder_runs()] == [(one, (0, 2)), (two, (2, 4))]
    assert not placement.single


class NoSync(TorchDispatchMode):
    """Fails on operations whose result the host must wait for."""

    FORBIDDEN = ("_local_scalar_dense", "nonzero", "masked_select", "is_nonzero", "equal.default")

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        masks = str(func).startswith("aten.index") and any(
            index is not None and index.dtype == torch.bool for index in args[1]
        )
        waits = masks or any(name in str(func) for name in self.FORBIDDEN)
        assert not waits, f"{func} waits for the device"
        return func(*args, **(kwargs or {}))


def loaded_pool(
    beams: int, make_runner: type[EagerRunner] = EagerRunner
) -> tuple[Network, SlotState, SlotPool]:
    network = Network(load(tiny_model(3), Placement((CPU,) * 2, (CPU,) * 2)))
    state = SlotState.allocate(network.weights, 4, beams, SOURCE, LENGTH)
    pool = SlotPool(network, state, make_runner, START, EOS)
    segments = [replace(s, decoding=Decoding(beams, LENGTH)) for s in random_segments(4, 3)]
    pool.admit([segments])
    return network, state, pool


@pytest.mark.parametrize(("beams", "ngram"), [(1, 0), (4, 0), (1, 3), (4, 2)])
def test_a_step_never_waits_for_the_device(beams: int, ngram: int) -> None:
    network, state, pool = loaded_pool(beams)
    shape = pool.shape()
    # Not inference_mode: there, torch does not show what `item` and `bool` are made of.
    with torch.no_grad(), NoSync():
        for wait in (torch.Tensor.item, bool, lambda flag: state.position[flag[None].expand(4)]):
            with pytest.raises(AssertionError, match="waits for the device"):
                wait(state.active[0])
        decode_step(network, state, shape, EOS, ngram)


def tensors(state: SlotState) -> list[torch.Tensor]:
    fields = [getattr(state, name) for name in state.__dataclass_fields__]
    caches = [getattr(c, name) for c in state.caches for name in c.__dataclass_fields__]
    return [field for field in fields if isinstance(field, torch.Tensor)] + caches


@pytest.mark.parametrize(("beams", "ngram"), [(1, 0), (4, 0), (4, 3)])
def test_a_step_recorded_once_can_be_replayed(beams: int, ngram: int) -> None:
    """What a CUDA graph needs: the same operations on the same memory at every step."""
    network, state, _ = loaded_pool(beams)
    _, traced_state, _ = loaded_pool(beams)
    shape = Shape(4, SOURCE, LENGTH)

    def step(*_: torch.Tensor) -> torch.Tensor:
        decode_step(network, traced_state, shape, EOS, ngram)
        return traced_state.token

    before = [tensor.clone() for tensor in tensors(traced_state)]
    pointers = [tensor.data_ptr() for tensor in tensors(traced_state)]
    with torch.inference_mode(False), torch.no_grad():
        recorded = make_fx(step)()
        for tensor, old in zip(tensors(traced_state), before, strict=True):
            tensor.copy_(old)
        for _ in range(30):
            decode_step(network, state, shape, EOS, ngram)
            recorded()
            assert torch.equal(state.token, traced_state.token)
    assert torch.equal(state.finished, traced_state.finished)
    assert not state.active.all()
    assert pointers == [tensor.data_ptr() for tensor in tensors(traced_state)]


@pytest.mark.parametrize("make_runner", [EagerRunner, LaggingRunner])
def test_sentences_move_to_lower_slots_when_work_runs_out(make_runner: type[EagerRunner]) -> None:
    model = tiny_model(2)
    segments = [
        replace(segment, decoding=Decoding(4, 5 + 3 * (segment.key % 5)))
        for segment in random_segments(12, 2)
    ]
    expected = by_generate(model, segments)
    network = Network(load(model, Placement((CPU,) * 2, (CPU,) * 2)))
    state = SlotState.allocate(network.weights, 16, 4, SOURCE, LENGTH)
    pool = SlotPool(network, state, make_runner, START, EOS)
    engine = InflightEngine(lambda _: pool, encoder_tokens=1_000)
    engine.submit(segments)
    results: dict[int, DecodedSegment] = {}
    sizes = set()
    while len(results) < len(segments):
        results |= {decoded.key: decoded for decoded in engine.step()}
        if pool.live:
            sizes.add(pool.shape().slots)
    assert results == expected
    if pool.runner.exact:
        assert (min(sizes), max(sizes)) == (2, 12)  # what lives, and no slot more
    else:
        assert {16, 8, 4} <= sizes


@pytest.mark.parametrize("part", ["encode", "start"])
def test_memory_that_runs_out_splits_an_admission(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, segments = tiny_model(2), random_segments(60, 2)
    expected = by_generate(model, segments)
    engine, whole = make_engine(model), getattr(Network, part)

    def small(self: Network, *arguments: Any) -> Any:
        sentences = next(len(x) for x in arguments if isinstance(x, torch.Tensor))
        if sentences > 1:
            raise torch.OutOfMemoryError
        return whole(self, *arguments)

    monkeypatch.setattr(Network, part, small)
    engine.submit(segments)
    results: dict[int, DecodedSegment] = {}
    drain(engine, results, len(segments))
    assert results == expected
    assert engine.splits > 0


def test_a_lane_that_memory_cannot_hold_is_refused_and_the_others_go_on() -> None:
    model, segments = tiny_model(2), random_segments(60, 2)
    engine = make_engine(model)
    make_pool = engine._make_pool

    def small(lane: Lane) -> SlotPool:
        if lane.no_repeat_ngram:
            raise torch.OutOfMemoryError
        return make_pool(lane)

    engine._make_pool = small
    engine.submit(segments)
    results: dict[int, DecodedSegment] = {}
    drain(engine, results, len(segments))
    for segment in segments:
        assert (results[segment.key].ids is None) == (segment.decoding.no_repeat_ngram > 0)


def test_a_result_never_holds_what_another_left_in_its_slot() -> None:
    """However few sequences a sentence has finished of the hypotheses that it wants."""
    _, state, pool = loaded_pool(4)
    state.finished[0] = 7
    state.is_finished[0] = torch.tensor([True, False, True, False])
    pool._live[0].segment = replace(
        pool._live[0].segment, decoding=Decoding(4, LENGTH, hypotheses=4)
    )
    state.finished[0, 0] = torch.tensor([START, 50, 8, EOS] + [1] * (LENGTH - 4))
    state.finished[0, 2] = torch.tensor([START, 50, 9, EOS] + [1] * (LENGTH - 4))
    (result,) = pool._read([0])
    assert (result.ids, result.alternatives) == ([8], ([9],))


def test_scores_that_are_not_finite_are_decoded_again_in_fp32() -> None:
    model, segments = tiny_model(2), random_segments(30, 2)
    expected = by_generate(model, segments)
    precise = make_engine(model)
    broken = tiny_model(2)
    broken.model.decoder.layer_norm.bias.data[0] = torch.inf
    engine = make_engine(broken)
    engine.submit(segments[:1])
    with pytest.raises(ArithmeticError, match="finite"):
        engine.step()
    engine = make_engine(broken)
    engine._make_precise = lambda: precise
    engine.submit(segments)
    results: dict[int, DecodedSegment] = {}
    drain(engine, results, len(segments))
    assert results == expected


def test_a_slot_recovers_from_numbers_that_are_not_finite() -> None:
    """What one sentence leaves in its slot is masked for the next; but NaN shows through a mask."""
    _, state, pool = loaded_pool(4, LaggingRunner)
    segments = [live.segment for live in pool._live.values()]
    expected = by_generate(tiny_model(3), segments)
    state.running_score[:] = torch.nan
    for cache in state.caches:
        for field in fields(cache):
            getattr(cache, field.name).fill_(torch.nan)
    pool.step()
    assert pool.step().broken == segments  # told a step later
    pool.admit([segments[:1], segments[1:]])
    results: dict[int, DecodedSegment] = {}
    while pool.live:
        stepped = pool.step()
        assert not stepped.broken
        results |= {decoded.key: decoded for decoded in stepped.done}
    assert results == expected


def test_a_lone_segment_waits_at_most_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(engine_module.time, "monotonic", lambda: now)
    first, second = (replace(s, decoding=Decoding(4, 40)) for s in random_segments(2, 0))
    engine = make_engine(tiny_model(0), slots=32)
    engine.submit([replace(first, key=key) for key in range(15)])
    engine.step()
    engine._admission_seconds = 0.01
    engine.submit([replace(second, key=99)])
    engine.step()
    pool = engine._pools[Lane(4)]
    assert pool.live == 15, "one is not worth an admission, which all wait for"
    now = 0.02
    engine.step()
    assert pool.live == 15
    now = 0.04
    engine.step()
    assert pool.live == 16
    engine.submit([replace(second, key=100 + i) for i in range(2)])
    engine.step()
    assert pool.live == 18, "an eighth of those in slots is worth one at once"


def let_go(engine: InflightEngine) -> None:
    """Step until the four in slots have left together; an admission is said to take 0.1 seconds."""
    engine.step()
    engine._admission_seconds = 0.1
    while len(engine.step()) < 4:
        pass


def test_those_whose_answers_left_together_join_together(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(engine_module.time, "monotonic", lambda: now)
    monkeypatch.setattr(engine_module.time, "sleep", sleep)
    segment = replace(random_segments(1, 0)[0], decoding=Decoding(4, 40))
    engine = make_engine(tiny_model(0), slots=32)
    engine.submit([replace(segment, key=key) for key in range(4)])
    let_go(engine)
    pool = engine._pools[Lane(4)]

    engine.submit([replace(segment, key=4)])
    engine.step()
    assert pool.live == 0, "three more may come"
    engine.submit([replace(segment, key=key) for key in (5, 6, 7)])
    engine.step()
    assert pool.live == 4, "all have come"

    let_go(engine)
    end = now + 0.1
    engine.submit([replace(segment, key=8)])
    while now < end:
        assert not pool.live
        engine.step()
    engine.step()
    assert pool.live == 1, "no company came for as long as an admission takes"
    engine.submit([replace(segment, key=9)])
    engine.step()
    assert pool.live == 2, "who joins others waits for nobody"


def test_nobody_waits_for_company_where_those_there_fill_the_slots(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine_module.time, "monotonic", lambda: 0.0)
    segment = replace(random_segments(1, 0)[0], decoding=Decoding(4, 40))
    engine = make_engine(tiny_model(0), slots=4)
    engine.submit([replace(segment, key=key) for key in range(8)])
    let_go(engine)
    engine.step()
    assert engine._pools[Lane(4)].live == 4


@pytest.mark.parametrize("change", [{"source_ids": [5] * 25}, {"decoding": Decoding(1, 41)}])
def test_what_is_longer_than_a_slot_is_refused(change: dict[str, object]) -> None:
    segment = replace(random_segments(1, 0)[0], decoding=Decoding(1, 40))
    engine = make_engine(tiny_model(0))
    engine.submit([replace(segment, **change)])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="longer than a slot"):
        engine.step()


@pytest.mark.parametrize(("size", "expected"), [(1, 1), (3, 4), (33, 40), (64, 40)])
def test_buckets(size: int, expected: int) -> None:
    assert bucket(size, (1, 2, 4, 8, 16, 32, 64), 40) == expected
