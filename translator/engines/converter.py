"""Converts models for CTranslate2; imports transformers."""

from pathlib import Path

import torch
from ctranslate2.converters.transformers import M2M100Loader
from transformers import M2M100ForConditionalGeneration

from translator.engines.loading import load_model
from translator.models.checkpoints import Checkpoint
from translator.models.tokenizer import Tokenizer, Vocabulary


def convert(checkpoint: Checkpoint, tokenizer: Tokenizer, quantization: str, folder: Path) -> None:
    """Write the converted checkpoint into `folder`, which is empty."""
    convert_model(load_model(checkpoint.folder, torch.float32), tokenizer, quantization, folder)


def convert_model(
    model: M2M100ForConditionalGeneration, vocabulary: Vocabulary, quantization: str, folder: Path
) -> None:
    """Write the converted model into `folder`, which is empty."""
    with torch.no_grad():
        spec = _Loader()(model, vocabulary)
    spec.validate()
    spec.optimize(quantization=quantization)
    spec.save(str(folder))


class _Loader(M2M100Loader):  # type: ignore[misc]
    """Reads the vocabulary from our tokenizer.

    The base class reads `additional_special_tokens` of transformers' tokenizer, which transformers
    5 no longer has, and so loses the 100 language tokens (CTranslate2 4.8.5).
    """

    def get_vocabulary(self, model: object, tokenizer: Vocabulary) -> list[str]:
        return tokenizer.tokens()

    def set_config(self, config: object, model: object, tokenizer: Vocabulary) -> None:
        tokens = tokenizer.tokens()
        config.bos_token = tokens[tokenizer.bos]  # type: ignore[attr-defined]
        config.eos_token = tokens[tokenizer.eos]  # type: ignore[attr-defined]
        config.unk_token = tokens[tokenizer.unk]  # type: ignore[attr-defined]
        config.decoder_start_token = tokens[tokenizer.eos]  # type: ignore[attr-defined]
