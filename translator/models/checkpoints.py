"""Resolves the name of a model to a checkpoint folder and reads its files. No model library."""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from translator.config import beams_for
from translator.errors import CheckpointError
from translator.models.languages import M2M100_CODES
from translator.models.manifest import Manifest, read_manifest
from translator.models.tokenizer import SENTENCEPIECE_FILE, VOCABULARY_FILE, Tokenizer

BUNDLED = "bundled"
BUNDLED_FOLDER = Path(__file__).with_name("bundled")
_REQUIRED = ("config.json", SENTENCEPIECE_FILE, VOCABULARY_FILE)
_SMALL_FILES = (*_REQUIRED, "generation_config.json")
_SAFETENSORS = ("model*.safetensors", "model.safetensors.index.json")
_PICKLES = ("pytorch_model*.bin", "pytorch_model.bin.index.json")
NEEDED = (*_SMALL_FILES, *_SAFETENSORS, *_PICKLES)  # patterns; see also `needed_files`
# One of several files with the weights of a model, such as model-00002-of-00003.safetensors.
_SHARD = re.compile(r"(model|pytorch_model)-\d{5}-of-(\d{5})(\.\w+)")
# So that a translation with twice as many tokens as its source still fits.
_OUTPUT_PER_SOURCE = 2
_BYTES_PER_VALUE = {"float32": 4, "int8": 4}  # of keys and values; all other dtypes have 16 bits


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A complete M2M100 checkpoint folder on this machine."""

    name: str  # "bundled", the folder's name, or the hub id
    folder: Path
    config: dict[str, Any]
    generation: dict[str, Any]
    manifest: Manifest | None = None  # of a fetched folder

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages: `languages` in config.json, else all of M2M100."""
        return tuple(self.config.get("languages", M2M100_CODES))

    @property
    def max_length(self) -> int:
        """Most tokens of a translation, its language token and `</s>` included."""
        return min(int(self.generation.get("max_length", 200)), self.positions)

    @property
    def positions(self) -> int:
        """Most tokens that the model can position, in source or translation."""
        return int(self.config["max_position_embeddings"])

    @property
    def segment_limit(self) -> int:
        """Most source tokens of a segment whose translation still fits `max_length`."""
        return min(self.positions, max(8, self.max_length // _OUTPUT_PER_SOURCE))

    @property
    def beams(self) -> int:
        """Beams according to the checkpoint's generation_config."""
        return int(self.generation.get("num_beams", 1))

    def tokenizer(self) -> Tokenizer:
        """Load the tokenizer."""
        return Tokenizer(self.folder)

    def bytes_per_segment(
        self, tokens: int, beams: int | None, dtype: str, alternatives: int = 0
    ) -> int:
        """Return the bytes of device memory that a segment of `tokens` source tokens takes.

        `dtype` is as in TranslatorConfig; `alternatives` are wanted in addition to the best.

        Counted are keys and values of all decoder layers, for the source (cross-attention, once)
        and for each beam (self-attention), and two copies of the beams' scores over the vocabulary
        in fp32: `2·layers·d·bytes·(S + K·T) + K·V·8`.
        """
        width = beams_for(beams or self.beams, alternatives)
        longest = min(self.max_length, 2 * tokens + 32)
        per_position = 2 * int(self.config["decoder_layers"]) * int(self.config["d_model"])
        scores = width * int(self.config["vocab_size"]) * 8
        value = _BYTES_PER_VALUE.get(dtype, 2)
        return per_position * value * (tokens + width * longest) + scores


def resolve(model: str, *, local_files_only: bool = False) -> Checkpoint:
    """Return the checkpoint for the name of a model: "bundled", a folder, or a hub id.

    A hub id is downloaded unless it is in the local hub cache; with `local_files_only` (or
    `HF_HUB_OFFLINE=1`) it must be there. Raises CheckpointError saying what is missing.
    """
    if model == BUNDLED:
        return read_folder(BUNDLED, BUNDLED_FOLDER)
    if not is_hub_id(model):
        folder = local_folder(model)
        return read_folder(folder.name, folder)
    # Imported here because the hub's library takes half a second to load.
    from translator.models.snapshot import download

    return read_folder(model, download(model, local_files_only=local_files_only))


def is_hub_id(model: str) -> bool:
    """Return True for a name such as "owner/name", unless there is a folder of that name."""
    return (
        model.count("/") == 1 and not model.startswith((".", "/", "~")) and not Path(model).is_dir()
    )


def local_folder(model: str) -> Path:
    """Return the folder for "bundled" or a path; raises CheckpointError if there is none."""
    if model == BUNDLED:
        return BUNDLED_FOLDER
    folder = Path(model).expanduser().resolve()
    if not folder.is_dir():
        raise CheckpointError(
            f"there is no folder {model!r}; name 'bundled', a folder, or a hub id such as "
            "'facebook/m2m100_418M'"
        )
    return folder


def needed_files(names: Iterable[str]) -> list[str]:
    """Return the names of a repository's files that are needed: small ones first, then weights.

    Weights are safetensors if there are any, else pickles.
    """
    given = sorted(names)
    weights: list[str] = []
    for patterns in (_SAFETENSORS, _PICKLES):
        weights = weights or [name for name in given if any(fnmatch(name, p) for p in patterns)]
    return [name for name in _SMALL_FILES if name in given] + weights


def read_folder(name: str, folder: Path) -> Checkpoint:
    """Return the checkpoint in `folder`; raises CheckpointError if it is incomplete."""
    manifest = read_manifest(folder)
    if manifest is not None:
        manifest.check_sizes(folder)
    check_complete([path.name for path in folder.iterdir()], str(folder))
    config = read_config(folder)
    path = folder / "generation_config.json"
    # Older checkpoints have their generation defaults in config.json.
    generation = _read_json(path) if path.is_file() else config
    return Checkpoint(name, folder, config, generation, manifest)


def check_complete(names: Sequence[str], place: str) -> None:
    """Raise CheckpointError unless `names`, the files in `place`, form a checkpoint."""
    missing = [name for name in _REQUIRED if name not in names]
    weights = set(needed_files(names)).difference(_SMALL_FILES)
    if not weights:
        missing.append("model.safetensors or pytorch_model.bin")
    missing += sorted(_companions(weights) - weights)
    if missing:
        raise CheckpointError(f"{place} is not an M2M100 checkpoint: it lacks {', '.join(missing)}")


def _companions(weights: Collection[str]) -> set[str]:
    """Return the files that the shards among `weights` need: the other shards and an index."""
    needed: set[str] = set()
    for match in filter(None, map(_SHARD.fullmatch, weights)):
        stem, count, suffix = match.groups()
        if f"{stem}{suffix}" in weights:
            continue  # then transformers reads the whole file and ignores the shards
        needed.add(f"{stem}{suffix}.index.json")
        needed |= {f"{stem}-{i + 1:05}-of-{count}{suffix}" for i in range(int(count))}
    return needed


def read_config(folder: Path) -> dict[str, Any]:
    """Return the content of config.json; raises CheckpointError if it is not M2M100's."""
    config = _read_json(folder / "config.json")
    if config.get("model_type") != "m2m_100":
        raise CheckpointError(
            f"{folder} holds a model of type {config.get('model_type')!r}; 'm2m_100' is needed"
        )
    return config


def weight_files(folder: Path) -> list[Path]:
    """Return the files with the weights: safetensors if there are any, else pickles."""
    names = needed_files(path.name for path in folder.iterdir())
    return [folder / name for name in names if name not in _SMALL_FILES]


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CheckpointError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} does not hold a JSON object")
    return content
