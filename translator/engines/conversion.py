"""Checkpoints converted for CTranslate2: fetched with the model, or in the shared cache."""

import logging
import os
import shutil
import tempfile
from pathlib import Path

import ctranslate2
from filelock import FileLock

from translator.engines.cache import content_hash
from translator.engines.heap import release_free_memory
from translator.models.checkpoints import Checkpoint
from translator.models.manifest import CONVERTED_PREFIX
from translator.models.tokenizer import Tokenizer

_log = logging.getLogger(__name__)
_FORMAT = "1"  # of the converted model; raise it when the conversion changes
_MODEL_FILE = "model.bin"


def converted(checkpoint: Checkpoint, tokenizer: Tokenizer, quantization: str, cache: Path) -> Path:
    """Return the folder of the converted model; convert it first if there is none.

    A model that somebody else converted is used as it is, whatever its quantization.

    A fetched checkpoint may contain it. Otherwise it is in the cache, under a hash of the
    checkpoint's content, so that a changed file is never missed. The folder appears complete or not
    at all; a second process waits for the first.
    """
    if checkpoint.converted:
        return checkpoint.folder
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
                _convert(checkpoint, tokenizer, quantization, partial)
                os.replace(partial, folder)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    return folder


def add_conversion(checkpoint: Checkpoint, quantization: str = "int8") -> Path:
    """Convert a checkpoint into a new folder inside its own, where `converted` will find it.

    Returns that folder. The default is what engine "auto" uses on CPUs.
    """
    _log.info("converting it for CPUs (%s)", quantization)
    folder = checkpoint.folder / fetched_name(quantization)
    folder.mkdir()
    _convert(checkpoint, checkpoint.tokenizer(), quantization, folder)
    return folder


def _convert(checkpoint: Checkpoint, tokenizer: Tokenizer, quantization: str, folder: Path) -> None:
    # Imported here because they load torch and a part of transformers, which takes seconds.
    from translator.engines.converter import convert
    from translator.engines.model_tensors import ModelTensors

    convert(ModelTensors.of(checkpoint.folder), tokenizer, quantization, folder)
    release_free_memory()


def fetched_name(quantization: str) -> str:
    """Return the name of the converted model's folder in a fetched checkpoint.

    The name contains the format and the major version of CTranslate2: a server for which the
    converted model may be unreadable looks for another name, and converts the model again.
    """
    major = ctranslate2.__version__.partition(".")[0]
    return f"{CONVERTED_PREFIX}{major}-{_FORMAT}-{quantization}"


def cache_entry(checkpoint: Checkpoint, quantization: str, cache: Path) -> Path:
    """Return the cache folder for the conversion of this content by this version."""
    name = content_hash(checkpoint, f"{_FORMAT} {ctranslate2.__version__}")
    return cache / "ctranslate2" / f"{name}-{quantization}"
