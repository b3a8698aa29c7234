"""Folders that CTranslate2's own converter made: `model.bin`, its vocabulary, and a tokenizer.

The layout of `model.bin` is that of `ModelSpec.save` in CTranslate2 (specs/model_spec.py).
"""

import json
import re
import struct
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from translator.errors import CheckpointError
from translator.models.json_files import read_json

MODEL_FILE = "model.bin"
VOCABULARY_FILES = ("shared_vocabulary.json", "shared_vocabulary.txt")
_SPEC = "TransformerSpec"
_MOST_VARIABLES = 100_000
_MOST_SHOWN = 3  # tokens in an error
_LAYER = re.compile(r"decoder/layer_(\d+)/")
# The model's own defaults are lost in the conversion; these are those of M2M100 and NLLB-200.
_GENERATION = {"max_length": 200, "num_beams": 5, "early_stopping": True}


def is_converted(names: Collection[str]) -> bool:
    """Return whether a folder with files of these names holds a converted model."""
    return MODEL_FILE in names and any(name in names for name in VOCABULARY_FILES)


def read_converted(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what config.json and generation_config.json would say of a converted model.

    Raises CheckpointError for a truncated file, and for a model of another architecture.
    """
    path = folder / MODEL_FILE
    try:
        with path.open("rb") as stream:
            shapes = dict(_shapes(stream, path.stat().st_size))
    except (struct.error, UnicodeDecodeError, EOFError) as error:
        raise CheckpointError(f"{path} is truncated or not a model of CTranslate2") from error
    try:
        size, width = shapes["decoder/embeddings/weight"]
        positions = shapes["decoder/position_encodings/encodings"][0]
    except (KeyError, ValueError) as error:
        raise CheckpointError(f"{path} holds no model with M2M100's architecture") from error
    layers = {int(match[1]) for match in map(_LAYER.match, shapes) if match}
    config = {
        "vocab_size": size,
        "d_model": width,
        "decoder_layers": len(layers),
        "max_position_embeddings": positions,
    }
    path = folder / "generation_config.json"
    return config, read_json(path) if path.is_file() else dict(_GENERATION)


def check_vocabulary(folder: Path, tokens: Iterable[str], rows: int) -> None:
    """Raise CheckpointError unless the model's vocabulary has `rows` entries and all `tokens`.

    CTranslate2 finds tokens by name, in any order. It takes a name that it does not know for
    `<unk>`, so another tokenizer's vocabulary would give fluent nonsense.
    """
    path = next(folder / name for name in VOCABULARY_FILES if (folder / name).is_file())
    names = _vocabulary(path)
    if len(names) != rows:
        raise CheckpointError(
            f"{path} has {len(names)} tokens, but the model beside it has {rows}: they belong to "
            "different models"
        )
    missing = set(tokens).difference(names)
    if missing:
        shown = ", ".join(map(repr, sorted(missing)[:_MOST_SHOWN]))
        raise CheckpointError(
            f"{path} lacks {len(missing)} tokens of the tokenizer beside it, such as {shown}: the "
            "model was converted with another tokenizer"
        )


def _vocabulary(path: Path) -> list[str]:
    """Return the tokens of a vocabulary: a JSON array, or one a line."""
    try:
        text = path.read_text(encoding="utf-8")
        names = json.loads(text) if path.suffix == ".json" else text.rstrip("\n").split("\n")
    except ValueError as error:
        raise CheckpointError(f"{path} is truncated or not a vocabulary: {error}") from error
    if not isinstance(names, list):
        raise CheckpointError(f"{path} does not hold a JSON array")
    return names


def _shapes(stream: BinaryIO, size: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the name and shape of each variable; the values are skipped."""
    stream.seek(4)  # the version of the format
    if _text(stream) != _SPEC:
        raise EOFError
    _, count = _read(stream, "<II")
    if count > _MOST_VARIABLES:
        raise EOFError
    for _ in range(count):
        name = _text(stream)
        (rank,) = _read(stream, "<B")
        shape = _read(stream, f"<{rank}I")
        _, length = _read(stream, "<BI")
        if stream.seek(length, 1) > size:
            raise EOFError
        yield name, shape
    (aliases,) = _read(stream, "<I")
    for _ in range(2 * aliases):  # of variables: only their presence says that the file is whole
        _text(stream)


def _text(stream: BinaryIO) -> str:
    (length,) = _read(stream, "<H")
    (text,) = _read(stream, f"<{length}s")
    found: str = text.rstrip(b"\0").decode()
    return found


def _read(stream: BinaryIO, layout: str) -> tuple[Any, ...]:
    return struct.unpack(layout, stream.read(struct.calcsize(layout)))
