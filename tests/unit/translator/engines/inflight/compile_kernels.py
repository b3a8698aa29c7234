"""`python -m … CAPABILITY`: compile every kernel for a card that is not there, and run none.

Operations are called as on a card, with the sizes of 418M's layers; only the launch is left out.
Prints the names of the kernels, a line each.
"""

import sys
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
        return 0

    def get_current_stream(self, device: int) -> int:
        return 0


def compile_all(capability: int) -> list[str]:
    """Return the names of the kernels; raises the compiler's error."""
    driver.set_active(_Driver(capability))
    run, names = JITFunction.run, dict[str, None]()

    def compile_only(self: Any, *arguments: Any, grid: Any, warmup: bool, **more: Any) -> Any:
        names[self.__name__] = None
        return run(self, *arguments, grid=grid, warmup=True, **more)

    JITFunction.run = compile_only
    config = M2M100Config(
        vocab_size=_VOCABULARY, d_model=1_024, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=16, decoder_attention_heads=16, encoder_ffn_dim=4_096,
        decoder_ffn_dim=4_096,
    )  # fmt: skip
    tensors = held(M2M100ForConditionalGeneration(config))
    for beams, ngram, narrow in ((1, 0, None), (_BEAMS, _NGRAM, None), (1, 0, torch.int8)):
        weights = load(tensors, Placement((_CPU,), (_CPU,)), torch.bfloat16, narrow=narrow)
        model = Model(weights, _VOCABULARY, beams, ngram)
        for trial in [Trial(model, shape) for shape in _SHAPES]:
            for candidate in candidates_for(weights):
                trial.call(candidate.operation, candidate.make())()
        _rank_by_script(model)
    return list(names)


def _rank_by_script(model: Model) -> None:
    """Compile what leaves out the tokens of other scripts."""
    head = model.weights.head
    assert isinstance(head, Head)
    scripts = [*torch.arange(_VOCABULARY).chunk(2)]
    weights = replace(model.weights, head=CommonHead.of(head.weight, scripts))
    [rank] = [each for each in candidates_for(weights) if each.operation == "rank"]
    for shape in _SHAPES:
        Trial(replace(model, weights=weights), shape).call("rank", rank.make())()


if __name__ == "__main__":
    sys.stdout.write("".join(f"{name}\n" for name in compile_all(int(sys.argv[1]))))
