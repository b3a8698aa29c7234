"""Resolves the name of a model to a checkpoint folder and reads its files. No model library."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from translator.errors import CheckpointError
from translator.models.converted import (
    MODEL_FILE,
    VOCABULARY_FILES,
    check_vocabulary,
    is_converted,
    read_converted,
)
from translator.models.family import (
    FAMILIES,
    M2M100,
    SMALL100_FILE,
    TOKENIZER_CONFIG_FILE,
    Family,
    family_of,
)
from translator.models.json_files import read_json
from translator.models.manifest import Manifest, read_manifest
from translator.models.tokenizer import Tokenizer

BUNDLED = "bundled"
BUNDLED_FOLDER = Path(__file__).with_name("bundled")
_CONFIG_FILE = "config.json"
_CARD_FILE = "README.md"  # on the hub, with the licence in its front matter
_LICENCE = re.compile(r"^license: *[\"']?([\w .+-]{1,80}?)[\"']? *$", re.MULTILINE)
_TOKENIZER_FILES = "a tokenizer (sentencepiece.bpe.model with vocab.json, or tokenizer.json)"
_SMALL_FILES = (
    _CONFIG_FILE,
    *dict.fromkeys(file for family in FAMILIES for file in family.tokenizer_files),
    TOKENIZER_CONFIG_FILE,
    SMALL100_FILE,
    "generation_config.json",
    _CARD_FILE,
)
_SAFETENSORS = ("model*.safetensors", "model.safetensors.index.json")
_PICKLES = ("pytorch_model*.bin", "pytorch_model.bin.index.json")
_CONVERTED = (MODEL_FILE, *VOCABULARY_FILES)
NEEDED = (*_SMALL_FILES, *_SAFETENSORS, *_PICKLES, *_CONVERTED)  # patterns; see also `needed_files`
# One of several files with the weights of a model, such as model-00002-of-00003.safetensors.
_SHARD = re.compile(r"(model|pytorch_model)-\d{5}-of-(\d{5})(\.\w+)")
# So that a translation with twice as many tokens as its source still fits.
_OUTPUT_PER_SOURCE = 2
_BYTES_PER_VALUE = {"float32": 4, "int8": 4}  # of keys and values; all other dtypes have 16 bits
_EIGHT_BITS = ("int8", "float8")  # on a GPU, of the weights of layers


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A complete checkpoint folder on this machine."""

    name: str  # "bundled", the folder's name, or the hub id
    folder: Path
    config: dict[str, Any]
    generation: dict[str, Any]
    family: Family
    manifest: Manifest | None = None  # of a fetched folder
    converted: bool = False  # its only weights are CTranslate2's

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages: `languages` in config.json, else all of the family."""
        return tuple(self.config.get("languages", self.family.languages))

    @property
    def licence(self) -> str:
        """The licence in the model's card, else that of its family's original weights."""
        card = self.folder / _CARD_FILE
        found = _LICENCE.search(card.read_text("utf-8", "replace")) if card.is_file() else None
        if found is None or self.family.licence.lower().startswith(found[1].lower()):
            return self.family.licence
        return found[1]

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

    @property
    def parameters(self) -> int:
        """Number of parameters, but for those of norms and biases, which are few.

        Per layer, attention has four matrices of d by d, of which the decoder has two; the
        feed-forward part has two of d by its width. Embeddings and output share a matrix.
        """
        config, d = self.config, int(self.config["d_model"])
        encoder = int(config["encoder_layers"]) * (4 * d + 2 * int(config["encoder_ffn_dim"]))
        decoder = int(config["decoder_layers"]) * (8 * d + 2 * int(config["decoder_ffn_dim"]))
        return d * (int(config["vocab_size"]) + encoder + decoder)

    def weight_bytes(self, dtype: str) -> int:
        """Return the bytes of the weights on a GPU; `dtype` is as in TranslatorConfig.

        An upper bound in 8 bits, where only the engine `inflight` has the embedding in 16.
        """
        if self.converted:
            return (self.folder / MODEL_FILE).stat().st_size
        if dtype in _EIGHT_BITS:
            return self.parameters + int(self.config["d_model"]) * int(self.config["vocab_size"])
        return self.parameters * (4 if dtype == "float32" else 2)

    def tokenizer(self) -> Tokenizer:
        """Load the tokenizer.

        Raises CheckpointError if it is damaged, or if a converted model has another vocabulary.
        """
        tokenizer = Tokenizer(self.folder)
        if self.converted:
            check_vocabulary(self.folder, tokenizer.used_tokens(), int(self.config["vocab_size"]))
        return tokenizer

    def bytes_per_segment(self, tokens: int, beams: int | None, dtype: str) -> int:
        """Return the bytes of device memory that a segment of `tokens` source tokens takes.

        `beams` and `dtype` are as in TranslatorConfig.

        Counted are keys and values of all decoder layers, for the source (cross-attention, once)
        and for each beam (self-attention), and two copies of the beams' scores over the vocabulary
        in fp32: `2·layers·d·bytes·(S + K·T) + K·V·8`.
        """
        width = beams or self.beams
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

    Weights are safetensors if there are any, else pickles, else a model of CTranslate2.
    """
    given = sorted(names)
    weights: list[str] = []
    for patterns in (_SAFETENSORS, _PICKLES, _CONVERTED):
        weights = weights or [name for name in given if any(fnmatch(name, p) for p in patterns)]
    return [name for name in _SMALL_FILES if name in given] + weights


def read_folder(name: str, folder: Path) -> Checkpoint:
    """Return the checkpoint in `folder`; raises CheckpointError if it is incomplete."""
    manifest = read_manifest(folder)
    if manifest is not None:
        manifest.check_sizes(folder)
    names = [path.name for path in folder.iterdir()]
    if is_converted(needed_files(names)):
        check_complete(names, str(folder))
        config, generation = read_converted(folder)
        family = _family(folder, names)
        return Checkpoint(name, folder, config, generation, family, manifest, converted=True)
    if _CONFIG_FILE not in names:
        check_complete(names, str(folder))
    config = read_config(folder)  # first: another kind of model lacks files of ours, too
    check_complete(names, str(folder))
    family = _family(folder, names)
    path = folder / "generation_config.json"
    # Older checkpoints have their generation defaults in config.json.
    generation = read_json(path) if path.is_file() else config
    return Checkpoint(name, folder, config, generation, family, manifest)


def _family(folder: Path, names: Collection[str]) -> Family:
    """Return the family; raise CheckpointError if its tokenizer is not among the files `names`."""
    family = family_of(folder)
    missing = [name for name in family.tokenizer_files if name not in names]
    if missing:
        raise CheckpointError(
            f"{folder} is not a checkpoint: it lacks {', '.join(missing)} of {family.name}"
        )
    return family


def check_complete(names: Sequence[str], place: str) -> None:
    """Raise CheckpointError unless `names`, the files in `place`, form a checkpoint."""
    missing = [] if _CONFIG_FILE in names else [_CONFIG_FILE]
    if not any(set(names).issuperset(family.tokenizer_files) for family in FAMILIES):
        begun = set(M2M100.tokenizer_files).intersection(names)
        absent = [name for name in M2M100.tokenizer_files if name not in names]
        missing += absent if begun else [_TOKENIZER_FILES]
    weights = set(needed_files(names)).difference(_SMALL_FILES)
    if not weights:
        missing.append("model.safetensors or pytorch_model.bin")
    missing += sorted(_companions(weights) - weights)
    if missing:
        raise CheckpointError(f"{place} is not a checkpoint: it lacks {', '.join(missing)}")


def _companions(weights: Collection[str]) -> set[str]:
    """Return the files that the shards among `weights` need: the other shards and an index."""
    needed: set[str] = set()
    for match in filter(None, map(_SHARD.fullmatch, weights)):
        stem, count, suffix = match.groups()
        if f"{stem}{suffix}" in weights:
            continue  # `tensor_files` then has the whole file, and not the shards
        needed.add(f"{stem}{suffix}.index.json")
        needed |= {f"{stem}-{i + 1:05}-of-{count}{suffix}" for i in range(int(count))}
    return needed


def read_config(folder: Path) -> dict[str, Any]:
    """Return the content of config.json; raises CheckpointError for another kind of model."""
    config = read_json(folder / _CONFIG_FILE)
    if config.get("model_type") != "m2m_100":
        raise CheckpointError(
            f"{folder} holds a model of type {config.get('model_type')!r}; served are models of "
            f"type 'm2m_100': {', '.join(family.name for family in FAMILIES)}"
        )
    return config


def is_weights(name: str) -> bool:
    """Return whether a needed file holds weights."""
    return name not in _SMALL_FILES


def weight_files(folder: Path) -> list[Path]:
    """Return the files with the weights: safetensors if there are any, else pickles."""
    names = needed_files(path.name for path in folder.iterdir())
    return [folder / name for name in names if name not in _SMALL_FILES]


def tensor_files(folder: Path) -> list[Path]:
    """Return the files with the tensors of a checkpoint: one, or all shards.

    Safetensors come first, and a whole file before shards, as in transformers. Raises
    CheckpointError if there are only files of other names, such as `model.fp16.safetensors`.
    """
    names = sorted(path.name for path in folder.iterdir())
    for whole in ("model.safetensors", "pytorch_model.bin"):
        stem, _, suffix = whole.rpartition(".")
        shards = [
            name
            for name in names
            if (match := _SHARD.fullmatch(name)) and match[1] == stem and match[3] == f".{suffix}"
        ]
        if chosen := [whole] if whole in names else shards:
            return [folder / name for name in chosen]
    raise CheckpointError(f"{folder} has neither model.safetensors nor pytorch_model.bin")
