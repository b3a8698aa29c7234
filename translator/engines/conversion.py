"""Checkpoints converted for CTranslate2: fetched with the model, or in a cache that is shared."""

import logging
import os
import shutil
import tempfile
from pathlib import Path

import ctranslate2
import torch
from ctranslate2.converters.transformers import M2M100Loader
from filelock import FileLock
from transformers import M2M100ForConditionalGeneration

from translator.checkpoints import Checkpoint
from translator.engines.cache import content_hash
from translator.engines.loading import load_model
from translator.manifest import CONVERTED_PREFIX
from translator.tokenizer import Tokenizer, Vocabulary

_log = logging.getLogger(__name__)
_FORMAT = "1"  # of what this module writes; raise it when the conversion changes
_MODEL_FILE = "model.bin"


def converted(checkpoint: Checkpoint, tokenizer: Tokenizer, quantization: str, cache: Path) -> Path:
    """Return the folder of the converted model, converting it first where there is none.

    A fetched checkpoint has it among its own files. Else it is in the cache, whose key is a hash of
    the checkpoint's content, so a changed file is never missed. The folder appears complete or not
    at all; a second process waits for the first.
    """
    beside = checkpoint.folder / fetched_name(quantization)
    if (
        checkpoint.manifest is not None
        and f"{beside.name}/{_MODEL_FILE}" in checkpoint.manifest.files
    ):
        return beside
    folder = cache_entry(checkpoint, quantization, cache)
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            _log.info("converting %s to CTranslate2 (%s)", checkpoint.name, quantization)
            partial = Path(tempfile.mkdtemp(prefix="converting-", dir=folder.parent))
            try:
                convert(checkpoint, tokenizer, quantization, partial)
                os.replace(partial, folder)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    return folder


def fetched_name(quantization: str) -> str:
    """Return the name of the converted model's folder in a fetched checkpoint.

    A server of another release whose conversion differs, or whose CTranslate2 promises no longer to
    read it, finds another name missing and converts anew.
    """
    major = ctranslate2.__version__.partition(".")[0]
    return f"{CONVERTED_PREFIX}{major}-{_FORMAT}-{quantization}"


def cache_entry(checkpoint: Checkpoint, quantization: str, cache: Path) -> Path:
    """Return where the cache keeps the conversion of this content by this version."""
    name = content_hash(checkpoint, f"{_FORMAT} {ctranslate2.__version__}")
    return cache / "ctranslate2" / f"{name}-{quantization}"


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
    """Takes the vocabulary from our tokenizer.

    The original asks transformers' tokenizer for `additional_special_tokens`, which
    transformers 5 no longer has, and so loses the 100 language tokens (CTranslate2 4.8.5).
    """

    def get_vocabulary(self, model: object, tokenizer: Vocabulary) -> list[str]:
        return tokenizer.tokens()

    def set_config(self, config: object, model: object, tokenizer: Vocabulary) -> None:
        tokens = tokenizer.tokens()
        config.bos_token = tokens[tokenizer.bos]  # type: ignore[attr-defined]
        config.eos_token = tokens[tokenizer.eos]  # type: ignore[attr-defined]
        config.unk_token = tokens[tokenizer.unk]  # type: ignore[attr-defined]
        config.decoder_start_token = tokens[tokenizer.eos]  # type: ignore[attr-defined]
