"""Builds an InflightEngine from a configuration: placement, slots, graphs."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from translator.engines.inflight.placement import Placement, place
from translator.engines.inflight.pool import SlotPool
from translator.engines.inflight.report import Layout
from translator.engines.inflight.rounding import LENGTH_BUCKETS, SLOT_BUCKETS, bucket
from translator.engines.inflight.sizing import best_slots
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
    tensors = ModelTensors.of(checkpoint.folder)
    narrow = FORMATS.get(dtype)
    activations = torch.bfloat16 if narrow else getattr(torch, dtype)
    return inflight_engine(
        tensors, activations, devices, *limits, make_precise, rare=rare, narrow=narrow
    )


def inflight_engine(
    tensors: ModelTensors,
    dtype: torch.dtype,
    devices: Sequence[torch.device],
    source: int,
    length: int,
    make_precise: Callable[[], Engine] | None = None,
    *,
    rare: bool = False,
    narrow: torch.dtype | None = None,
) -> InflightEngine:
    """Return an engine for sources of up to `source` and sequences of up to `length` tokens.

    Several devices share the layers of one model. `rare` as in `build_inflight`, `narrow` as in
    `load`.
    """
    placement = _placement(tensors, devices)
    if placement.decoder[-1].type == "cuda":
        torch.cuda.set_device(placement.decoder[-1])  # graphs are recorded on the current device
    network = Network(load(tensors, placement, dtype, narrow=narrow))
    make_pool = _PoolMaker(network, placement, tensors.config, source, length, first=not rare)
    tokens = CPU_ENCODER_TOKENS if devices[0].type == "cpu" else ENCODER_TOKENS
    return InflightEngine(make_pool, tokens, make_precise)


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
    network = Network(load(tensors, placement, torch.float32, int8=True))
    limits = checkpoint.segment_limit, checkpoint.max_length
    engines = [
        InflightEngine(_PoolMaker(network, placement, tensors.config, *limits), CPU_ENCODER_TOKENS)
        for _ in range(replicas)
    ]
    if len(engines) == 1:
        return engines[0]
    return ReplicatedEngine(engines, cores, torch.set_num_threads)


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
    first: bool = True

    def __call__(self, beam_group: BeamGroup) -> SlotPool:
        """Allocate as many slots as increase throughput; record the common graphs."""
        first, self.first = self.first, False
        if self._device.type != "cuda":
            return self._pool(beam_group, min(CPU_SLOTS, math.ceil(CPU_BEAMS / beam_group.beams)))
        limit = self._limit(beam_group.beams)
        if not first:
            return self._pool(beam_group, min(LATER_SLOTS, limit))
        if not self.placement.single:
            return self._pool(beam_group, min(GROUP_SLOTS, limit))
        slots = best_slots(limit, partial(self._pool, beam_group))
        torch.cuda.empty_cache()  # frees the slots of the measurement
        pool = self._pool(beam_group, slots)
        _record(pool, slots, self.source, self.length)
        return pool

    @property
    def _device(self) -> torch.device:
        return self.placement.decoder[-1]

    def _pool(self, beam_group: BeamGroup, slots: int) -> SlotPool:
        state = SlotState.allocate(
            self.network.weights, slots, beam_group.beams, self.source, self.length
        )
        start, eos = self.config.decoder_start_token_id, self.config.eos_token_id
        launcher = self._launcher(state)
        return SlotPool(self.network, state, launcher, start, eos, beam_group.no_repeat_ngram)

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
                    pool.warm_up_step(Shape(n, s, t))
    pool.finish_warm_up()
