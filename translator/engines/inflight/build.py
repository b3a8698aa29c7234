"""Builds an InflightEngine from a configuration: placement, slots, graphs."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import torch
from transformers import M2M100Config

from translator.config import TranslatorConfig
from translator.device_memory import free_memory
from translator.engines import Engine
from translator.engines.cpu_features import computes_int8
from translator.engines.inflight.admission import FIELDS
from translator.engines.inflight.engine import BeamGroup, InflightEngine
from translator.engines.inflight.launcher import EagerLauncher, GraphLauncher, Launcher
from translator.engines.inflight.narrow import FORMATS
from translator.engines.inflight.network import Network
from translator.engines.inflight.operations.attempt import try_kernels
from translator.engines.inflight.operations.by_script import continuations_by_script
from translator.engines.inflight.operations.choice import Choice
from translator.engines.inflight.operations.plain import PLAIN
from translator.engines.inflight.operations.table import OperationTable
from translator.engines.inflight.operations.trial import Model
from translator.engines.inflight.placement import Placement, place
from translator.engines.inflight.pool import SlotPool
from translator.engines.inflight.projection import PartedHead
from translator.engines.inflight.report import Layout
from translator.engines.inflight.rounding import LENGTH_BUCKETS, SLOT_BUCKETS, bucket
from translator.engines.inflight.scripts import TokenScripts, no_scripts
from translator.engines.inflight.sizing import MOST, best_slots
from translator.engines.inflight.state import Shape, SlotState
from translator.engines.inflight.stream import CudaStream
from translator.engines.inflight.weights import load
from translator.engines.model_tensors import ModelTensors
from translator.engines.replicas import ReplicatedEngine
from translator.errors import DeviceError
from translator.models.checkpoints import Checkpoint

LATER_SLOTS = 16  # of every beam group after the first
# A CPU becomes compute-bound with far fewer beams than a GPU: more add no throughput.
CPU_BEAMS = 160
CPU_SLOTS = 96  # of a replica, to bound its memory
GROUP_SLOTS = 128  # of a model that is spread over GPUs
STATE_SHARE = 0.5  # of the memory that is free once the weights are loaded
SCORES = 3  # copies of the scores, in fp32 over the vocabulary, that a step holds at a time
ENCODER_TOKENS = 8_192  # padded source tokens of one admission
CPU_ENCODER_TOKENS = 256  # with more, hidden states do not fit the CPU's caches
ChooseOperations = Callable[[Model, Shape], Choice]  # the shape: with all slots full
_BFLOAT16 = (8, 0)  # the compute capability that has it
# Graphs for these lengths are recorded at start, others when a shape occurs for the second time.
WARM_LENGTHS = (16, 32, 64)


def build_inflight(
    config: TranslatorConfig, checkpoint: Checkpoint, dtype: str, *, rare: bool = False
) -> Engine:
    """Load the model onto the device of `config`, or spread it over a group of devices.

    `dtype` is a name of torch's, or one of narrow.FORMATS. `rare`: the engine is used rarely, so a
    GPU gets few slots. Raises DeviceError if the devices do not have the dtype.
    """
    names = config.device.split("+")
    devices = [torch.device("cpu" if name.startswith("cpu") else name) for name in names]
    if dtype in FORMATS:
        _check_narrow(config.device, devices, dtype)
    if devices[0].type == "cpu" and config.threads:
        torch.set_num_threads(config.threads)
    limits = checkpoint.segment_limit, checkpoint.max_length
    make_precise = None
    if dtype != "float32":
        make_precise = partial(build_inflight, config, checkpoint, "float32", rare=True)
    choose = None
    if config.kernels == "auto" and not rare:
        choose = partial(try_kernels, device=config.device, cache=config.cache)
    tensors = ModelTensors.of(checkpoint.folder)
    scripts = _scripts(config, checkpoint)
    narrow = FORMATS.get(dtype)
    activations = torch.bfloat16 if narrow else getattr(torch, dtype)
    return inflight_engine(
        tensors, activations, devices, *limits, make_precise, choose, scripts,
        rare=rare, narrow=narrow,
    )  # fmt: skip


def inflight_engine(
    tensors: ModelTensors,
    dtype: torch.dtype,
    devices: Sequence[torch.device],
    source: int,
    length: int,
    make_precise: Callable[[], Engine] | None = None,
    choose: ChooseOperations | None = None,
    scripts: TokenScripts | None = None,
    *,
    rare: bool = False,
    narrow: torch.dtype | None = None,
) -> InflightEngine:
    """Return an engine for sources of up to `source` and sequences of up to `length` tokens.

    Several devices share the layers of one model. `choose` tries kernels for the first slots of a
    GPU; None: plain torch. With `scripts`, only tokens that a translation may need are scored.
    `rare` as in `build_inflight`, `narrow` as in `load`.
    """
    placement = _placement(tensors, devices)
    if placement.decoder[-1].type == "cuda":
        torch.cuda.set_device(placement.decoder[-1])  # graphs are recorded on the current device
    network = _network(tensors, placement, dtype, scripts, narrow=narrow)
    make_pool = _PoolMaker(
        network, placement, tensors.config, source, length, choose, scripts, first=not rare
    )
    tokens = CPU_ENCODER_TOKENS if devices[0].type == "cpu" else ENCODER_TOKENS
    return InflightEngine(make_pool, tokens, make_precise, make_pool.kernels)


def build_int8(
    config: TranslatorConfig, checkpoint: Checkpoint, cores: int, replicas: int
) -> Engine:
    """Load the model onto the CPU with int8 weights, which all replicas share.

    Everything else is in fp32. Raises DeviceError if the CPU does not multiply in int8.
    """
    if not computes_int8():
        raise DeviceError(
            f"{config.device}: engine inflight computes in int8 only on CPUs with AVX-512 VNNI; "
            "leave dtype at auto"
        )
    torch.set_num_threads(cores)
    tensors = ModelTensors.of(checkpoint.folder)
    placement = _placement(tensors, [torch.device("cpu")])
    scripts = _scripts(config, checkpoint)
    network = _network(tensors, placement, torch.float32, scripts, int8=True)
    limits = checkpoint.segment_limit, checkpoint.max_length
    makers = [
        _PoolMaker(network, placement, tensors.config, *limits, scripts=scripts)
        for _ in range(replicas)
    ]
    engines = [InflightEngine(make_pool, CPU_ENCODER_TOKENS) for make_pool in makers]
    if len(engines) == 1:
        return engines[0]
    return ReplicatedEngine(engines, cores, torch.set_num_threads)


def _scripts(config: TranslatorConfig, checkpoint: Checkpoint) -> TokenScripts | None:
    """Return the scripts of the tokens; None if all tokens are to be scored."""
    return TokenScripts(checkpoint.tokenizer()) if config.target_scripts else None


def _network(
    tensors: ModelTensors,
    placement: Placement,
    dtype: torch.dtype,
    scripts: TokenScripts | None,
    *,
    int8: bool = False,
    narrow: torch.dtype | None = None,
) -> Network:
    """Load a network whose head is whole, or in parts by script; the rest is as in `load`."""
    parts = [] if scripts is None else scripts.parts(tensors.config.vocab_size)
    weights = load(tensors, placement, dtype, int8=int8, narrow=narrow, parts=parts)
    if not isinstance(weights.head, PartedHead):
        return Network(weights)
    return Network(weights, OperationTable({1: replace(PLAIN, rank=continuations_by_script)}))


def _check_narrow(name: str, devices: Sequence[torch.device], dtype: str) -> None:
    """Raise DeviceError unless all GPUs compute in bfloat16.

    In fp16, sums of weights that are not scaled yet could overflow.
    """
    if any(torch.cuda.get_device_capability(device) < _BFLOAT16 for device in devices):
        raise DeviceError(
            f"{name}: weights in {dtype} need a GPU that computes in bfloat16 (Ampere or newer); "
            "leave dtype at auto"
        )


def _placement(tensors: ModelTensors, devices: Sequence[torch.device]) -> Placement:
    """Return one device for all layers, or spread the layers over the devices of a group."""
    encoder, decoder = tensors.layer_sizes("encoder"), tensors.layer_sizes("decoder")
    if len(devices) == 1:
        return Placement((devices[0],) * len(encoder), (devices[0],) * len(decoder))
    memory = [
        (device, free_memory(str(device)) if device.type == "cuda" else 1) for device in devices
    ]
    return place(encoder, decoder, memory)


@dataclass(slots=True)
class _PoolMaker:
    """Allocates the slots of beam groups: many for the first group, few for the others.

    The first group is that of ordinary segments, since a Translator decodes one when it starts. The
    others are for segments with alternatives, and for second decodings.
    """

    network: Network
    placement: Placement
    config: M2M100Config
    source: int
    length: int
    choose: ChooseOperations | None = None
    scripts: TokenScripts | None = None
    kernels: dict[str, str] = field(default_factory=dict)  # in use, by operation
    first: bool = True

    def __call__(self, beam_group: BeamGroup) -> SlotPool:
        """Allocate as many slots as increase throughput; record the common graphs."""
        first, self.first = self.first, False
        if self._device.type != "cuda":
            return self._pool(
                self.network, beam_group, min(CPU_SLOTS, math.ceil(CPU_BEAMS / beam_group.beams))
            )
        limit = self._limit(beam_group.beams)
        if not first:
            return self._pool(self.network, beam_group, min(LATER_SLOTS, limit))
        if not self.placement.single:
            return self._pool(self.network, beam_group, min(GROUP_SLOTS, limit))
        network = self._with_kernels(beam_group, min(MOST, limit))
        slots = best_slots(limit, partial(self._pool, network, beam_group))
        torch.cuda.empty_cache()  # frees the slots of the measurement
        pool = self._pool(network, beam_group, slots)
        _record(pool, slots, self.source, self.length)
        return pool

    @property
    def _device(self) -> torch.device:
        return self.placement.decoder[-1]

    def _with_kernels(self, beam_group: BeamGroup, slots: int) -> Network:
        """Return the network of the first beam group; others, which are rare, have no kernels."""
        if self.choose is None:
            return self.network
        vocabulary = self.config.vocab_size
        model = Model(self.network.weights, vocabulary, *beam_group)
        choice = self.choose(model, Shape(slots, self.source, self.length))
        self.kernels.update(choice.words)
        torch.cuda.empty_cache()  # frees the slots of the trial
        return Network(self.network.weights, choice.table)

    def _pool(self, network: Network, beam_group: BeamGroup, slots: int) -> SlotPool:
        state = SlotState.allocate(
            network.weights, slots, beam_group.beams, self.source, self.length
        )
        start, eos = self.config.decoder_start_token_id, self.config.eos_token_id
        launcher = self._launcher(state)
        scripts_of = no_scripts if self.scripts is None else self.scripts.of
        ngram = beam_group.no_repeat_ngram
        return SlotPool(network, state, launcher, start, eos, ngram, scripts_of)

    def _launcher(self, state: SlotState) -> Launcher:
        if self._device.type != "cuda" or not self.placement.single:
            return EagerLauncher(self._device)
        rows = SLOT_BUCKETS[-1] * (FIELDS + 1)
        report = Layout(state.slots, state.beams, state.length)
        staged = max(ENCODER_TOKENS, self.source) + rows
        return GraphLauncher(CudaStream(), self._device, staged, report.size)

    def _limit(self, beams: int) -> int:
        """Return the number of slots that memory allows, at least one."""
        torch.cuda.empty_cache()  # otherwise cached memory does not count as free
        free = free_memory(str(self._device))
        weights = self.network.weights
        each: int = 2 * len(weights.decoder) * weights.width * weights.dtype.itemsize
        each *= self.source + beams * self.length
        each += SCORES * beams * self.config.vocab_size * torch.float32.itemsize
        return max(1, int(free * STATE_SHARE) // each)


def _record(pool: SlotPool, slots: int, source: int, length: int) -> None:
    """Record the graphs of short sentences, largest first, so that others reuse its memory."""
    lengths = {bucket(s, LENGTH_BUCKETS, source) for s in WARM_LENGTHS}
    sizes = {bucket(n, SLOT_BUCKETS, slots) for n in SLOT_BUCKETS}
    longest = {bucket(t, LENGTH_BUCKETS, length) for t in WARM_LENGTHS}
    for n in sorted(sizes, reverse=True):
        for s in sorted(lengths, reverse=True):
            for _ in range(2):  # the first run launches single kernels, the second records
                if n * s <= ENCODER_TOKENS:
                    pool.warm_up_admission(n, s)
                for t in longest:
                    for common in sorted({False, pool.has_common}):
                        pool.warm_up_step(Shape(n, s, t, common=common))
    pool.finish_warm_up()
