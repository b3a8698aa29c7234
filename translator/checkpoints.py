"""Where a model comes from, and what its files say about it. Loads no model library."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

from translator.engines import Decoding
from translator.errors import CheckpointError
from translator.languages import M2M100_CODES
from translator.segmentation import Segmenter
from translator.tokenizer import SENTENCEPIECE_FILE, VOCABULARY_FILE, Tokenizer

BUNDLED = "bundled"
BUNDLED_FOLDER = Path(__file__).with_name("bundled")
_SMALL_FILES = ("config.json", "generation_config.json", SENTENCEPIECE_FILE, VOCABULARY_FILE)
_SAFETENSORS = ("*.safetensors", "*.safetensors.index.json")
_PICKLES = ("pytorch_model*.bin", "pytorch_model.bin.index.json")
# Half the length that an output may have, so that a translation of twice as many tokens still fits.
_OUTPUT_PER_SOURCE = 2
_BYTES_PER_VALUE = {"float32": 4, "int8": 4}  # of keys and values; all else is 16 bits wide


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A complete M2M100 checkpoint folder on this machine."""

    name: str  # as the user called it: "bundled", the folder's name, or the hub id
    folder: Path
    config: dict[str, Any]
    generation: dict[str, Any]

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes the model was trained on: `languages` of config.json, else all of M2M100."""
        return tuple(self.config.get("languages", M2M100_CODES))

    @property
    def max_length(self) -> int:
        """Most tokens of a translation, its language token and `</s>` counted."""
        return min(int(self.generation.get("max_length", 200)), self.positions)

    @property
    def positions(self) -> int:
        """Most tokens the model was made for, on either side."""
        return int(self.config["max_position_embeddings"])

    @property
    def segment_limit(self) -> int:
        """Most source tokens of a segment whose translation still fits `max_length`."""
        return min(self.positions, max(8, self.max_length // _OUTPUT_PER_SOURCE))

    @property
    def beams(self) -> int:
        """Beams that the checkpoint's generation_config asks for."""
        return int(self.generation.get("num_beams", 1))

    def tokenizer(self) -> Tokenizer:
        """Load the tokenizer."""
        return Tokenizer(self.folder)

    def segmenter(self, tokenizer: Tokenizer | None = None) -> Segmenter:
        """Return what splits text into segments that this model takes."""
        tokenizer = tokenizer or self.tokenizer()
        encode = tokenizer.encode_pieces
        return Segmenter(
            lambda text: len(encode(text)) + 2, self.segment_limit, tokenizer.has_words
        )

    def decoding(self, beams: int | None = None) -> Decoding:
        """Return how translations are searched for, by `generation_config.json`."""
        return Decoding(
            beams=beams or self.beams,
            max_length=self.max_length,
            length_penalty=float(self.generation.get("length_penalty", 1.0)),
            early_stopping=self.generation.get("early_stopping", False),
        )

    def bytes_per_segment(self, tokens: int, beams: int | None, dtype: str) -> int:
        """Return the device memory that a segment of `tokens` source tokens holds while decoded.

        `dtype` is as in TranslatorConfig.

        Keys and values of all decoder layers for the source (cross-attention, once) and for
        each beam (self-attention), and the beams' scores over the vocabulary in fp32, twice:
        `2·layers·d·bytes·(S + K·T) + K·V·8`.
        """
        width = beams or self.beams
        longest = min(self.max_length, 2 * tokens + 32)
        per_position = 2 * int(self.config["decoder_layers"]) * int(self.config["d_model"])
        scores = width * int(self.config["vocab_size"]) * 8
        value = _BYTES_PER_VALUE.get(dtype, 2)
        return per_position * value * (tokens + width * longest) + scores


def resolve(model: str, *, local_files_only: bool = False) -> Checkpoint:
    """Return the checkpoint that a user named: "bundled", a folder, or a hub id.

    A hub id is downloaded unless it is in the local hub cache; with `local_files_only` (or
    `HF_HUB_OFFLINE=1`) it must be there. Raises CheckpointError saying what is missing.
    """
    if model == BUNDLED:
        return _read(BUNDLED, BUNDLED_FOLDER)
    folder = Path(model).expanduser()
    if folder.is_dir():
        return _read(folder.resolve().name, folder.resolve())
    if model.count("/") != 1 or model.startswith((".", "/", "~")):
        raise CheckpointError(
            f"there is no folder {model!r}; name 'bundled', a folder, or a hub id such as "
            "'facebook/m2m100_418M'"
        )
    return _read(model, _download(model, local_files_only=local_files_only))


def _download(model: str, *, local_files_only: bool) -> Path:
    """Bring just the files needed into the hub cache; weights as safetensors where they exist."""
    try:
        weights: tuple[str, ...] = _SAFETENSORS + _PICKLES
        if not local_files_only:
            names = HfApi().list_repo_files(model)
            safe = any(name.endswith(".safetensors") for name in names)
            weights = _SAFETENSORS if safe else _PICKLES
        return Path(
            snapshot_download(
                model,
                allow_patterns=[*_SMALL_FILES, *weights],
                local_files_only=local_files_only,
            )
        )
    except LocalEntryNotFoundError as error:
        raise CheckpointError(
            f"{model} is not in the local hub cache, and downloads are off or impossible"
        ) from error
    except (HfHubHTTPError, OSError) as error:
        raise CheckpointError(
            f"{model} could not be downloaded ({type(error).__name__}); check the id and the "
            "network, or name a local folder"
        ) from error


def _read(name: str, folder: Path) -> Checkpoint:
    missing = [
        file
        for file in ("config.json", SENTENCEPIECE_FILE, VOCABULARY_FILE)
        if not (folder / file).is_file()
    ]
    if not weight_files(folder):
        missing.append("model.safetensors or pytorch_model.bin")
    if missing:
        raise CheckpointError(f"{folder} is no M2M100 checkpoint: it lacks {', '.join(missing)}")
    config = _read_json(folder / "config.json")
    if config.get("model_type") != "m2m_100":
        raise CheckpointError(
            f"{folder} holds a model of type {config.get('model_type')!r}; only 'm2m_100' is served"
        )
    path = folder / "generation_config.json"
    # Older checkpoints keep their generation defaults in config.json.
    generation = _read_json(path) if path.is_file() else config
    return Checkpoint(name, folder, config, generation)


def weight_files(folder: Path) -> list[Path]:
    """Return the files that hold the weights: safetensors if there are any, else pickles."""
    for patterns in (_SAFETENSORS, _PICKLES):
        files = sorted(path for pattern in patterns for path in folder.glob(pattern))
        if files:
            return files
    return []


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CheckpointError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} does not hold a JSON object")
    return content
