"""`python -m … CAPABILITY …`: compile every kernel for cards that are not there, and run none.

Operations are called as on a card, with the sizes of 418M's layers; only the launch is left out.
Prints the capability and the name of each kernel, a line each. One process does it for all cards:
loading torch and transformers takes as long as ten kernels. The first card gets every kernel, the
others those that multiply on tensor cores, which each generation of cards does in its own way, for
the models that differ most.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from transformers import M2M100Config, M2M100ForConditionalGeneration
from triton.backends.compiler import GPUTarget
from triton.runtime.driver import driver
from triton.runtime.jit import JITFunction

from benchmarks.peers import held
from translator.engines.inflight.operations.candidates import candidates_for
from translator.engines.inflight.operations.trial import Model, Trial
from translator.engines.inflight.placement import Placement
from translator.engines.inflight.projection import CommonHead, Head
from translator.engines.inflight.state import Shape
from translator.engines.inflight.weights import load

_VOCABULARY, _BEAMS, _NGRAM = 20_000, 5, 3
_SHAPES = Shape(2, 32, 32), Shape(40, 32, 32), Shape(1, 300, 300)
_CPU = torch.device("cpu")


class _Driver:
    """What the compiler asks a driver."""

    def __init__(self, capability: int) -> None:
        self._target = GPUTarget("cuda", capability, 32)

    def get_current_target(self) -> GPUTarget:
        return self._target

    def get_current_device(self) -> int:
        """Return another device for each card: what is compiled for one is kept for it."""
        return int(self._target.arch)

    def get_current_stream(self, device: int) -> int:
        return 0


def compile_all(capabilities: Sequence[int]) -> list[tuple[int, str]]:
    """Return capability and name of each kernel; raises the compiler's error."""
    run, compiled = JITFunction.run, dict[tuple[int, str], None]()
    first, multiplying = capabilities[0], set[str]()

    def compile_only(self: Any, *arguments: Any, grid: Any, warmup: bool, **more: Any) -> None:
        capability, name = driver.active.get_current_device(), self.__name__
        if capability != first and name not in multiplying:
            return
        compiled[capability, name] = None
        kernel = run(self, *arguments, grid=grid, warmup=True, **more)
        if "tt.dot" in kernel.asm["ttir"]:
            multiplying.add(name)

    JITFunction.run = compile_only
    config = M2M100Config(
        vocab_size=_VOCABULARY, d_model=1_024, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=16, decoder_attention_heads=16, encoder_ffn_dim=4_096,
        decoder_ffn_dim=4_096,
    )  # fmt: skip
    tensors = held(M2M100ForConditionalGeneration(config))
    models = (1, 0, None), (_BEAMS, _NGRAM, None), (1, 0, torch.int8)
    for beams, ngram, narrow in models:
        weights = load(tensors, Placement((_CPU,), (_CPU,)), torch.bfloat16, narrow=narrow)
        model = Model(weights, _VOCABULARY, beams, ngram)
        calls = [*_all_operations(model), *_rank_by_script(model)]
        for capability in capabilities if beams > 1 or narrow else [first]:
            driver.set_active(_Driver(capability))
            for call in calls:
                call()
    return list(compiled)


def _all_operations(model: Model) -> Iterator[Callable[[], object]]:
    for trial in [Trial(model, shape) for shape in _SHAPES]:
        for candidate in candidates_for(model.weights):
            yield trial.call(candidate.operation, candidate.make())


def _rank_by_script(model: Model) -> Iterator[Callable[[], object]]:
    """Leave out the tokens of other scripts."""
    head = model.weights.head
    assert isinstance(head, Head)
    scripts = [*torch.arange(_VOCABULARY).chunk(2)]
    weights = replace(model.weights, head=CommonHead.of(head.weight, scripts))
    [rank] = [each for each in candidates_for(weights) if each.operation == "rank"]
    for shape in _SHAPES:
        yield Trial(replace(model, weights=weights), shape).call("rank", rank.make())


if __name__ == "__main__":
    pairs = compile_all([int(word) for word in sys.argv[1:]])
    sys.stdout.write("".join(f"{capability} {name}\n" for capability, name in pairs))
