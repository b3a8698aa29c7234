"""Static batches, whose rates the in-flight engine is compared with, and CTranslate2 alone."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import torch
from transformers import M2M100ForConditionalGeneration

from translator.engines import Decoder, EncodedSegment
from translator.engines.model_tensors import ModelTensors
from translator.engines.tensor_files import HeldTensor


def static_rate(decoder: Decoder, stream: Sequence[EncodedSegment], size: int) -> float:
    """Return sentences a second in sorted batches, each until its longest sentence is done."""
    ordered = sorted(stream, key=lambda segment: len(segment.source_ids))
    begun = time.perf_counter()
    for start in range(0, len(ordered), size):
        batch = ordered[start : start + size]
        longest = max((segment.decoding for segment in batch), key=lambda d: d.max_length)
        decoder.decode([segment._replace(decoding=longest) for segment in batch])
    return len(ordered) / (time.perf_counter() - begun)


@dataclass(frozen=True)
class Numbered:
    """A vocabulary for weights that have none."""

    size: int
    bos: int = 0
    eos: int = 2
    unk: int = 3

    def tokens(self) -> list[str]:
        """Return all tokens in id order."""
        return [f"t{i}" for i in range(self.size)]


def held(model: M2M100ForConditionalGeneration) -> ModelTensors:
    """Return the tensors of a model that is in memory."""
    sources = {name: HeldTensor(tensor) for name, tensor in model.state_dict().items()}
    return ModelTensors(model.config, sources)


def converted(model: M2M100ForConditionalGeneration, dtype: str, folder: Path) -> bool:
    """Convert a model in float32 for CTranslate2; False where that is not installed."""
    if find_spec("ctranslate2") is None:
        sys.stderr.write("CTranslate2 is not installed: its rows will be missing\n")
        return False
    from translator.engines.converter import convert

    convert(held(model), Numbered(model.config.vocab_size), dtype, folder)
    return True


def ctranslate2_decoder(
    model: M2M100ForConditionalGeneration, device: torch.device, dtype: str, folder: Path
) -> Decoder:
    """Load the converted model; on a CPU one batch has all threads, as with the other engines."""
    from translator.engines.ctranslate2 import CoreSplit, CTranslate2Decoder

    vocabulary = Numbered(model.config.vocab_size)
    if device.type == "cuda":
        return CTranslate2Decoder.on_gpu(folder, vocabulary, dtype, device.index or 0)
    split = CoreSplit(1, torch.get_num_threads())
    return CTranslate2Decoder.on_cpu(folder, vocabulary, dtype, split)
