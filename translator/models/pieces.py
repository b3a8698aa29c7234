"""The pieces of words that a vocabulary has: in SentencePiece's files, or in tokenizer.json."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import sentencepiece

from translator.errors import CheckpointError
from translator.models.json_files import read_json

BLANK = "\u2581"  # in a piece


class Pieces(Protocol):
    """Splits text into the pieces of a vocabulary; threads may share it."""

    @property
    def vocabulary(self) -> Mapping[str, int]:
        """The ids of pieces and special tokens."""

    @property
    def added(self) -> Mapping[int, str]:
        """Tokens beyond the pieces, such as those of languages, where the file lists them."""

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text's pieces; special tokens in it are text."""

    def join(self, pieces: Sequence[str]) -> str:
        """Return the text of pieces."""


class SentencePieces:
    """`sentencepiece.bpe.model`, with the ids of fairseq in `vocab.json`."""

    def __init__(self, model: Path, vocabulary: Path) -> None:
        try:
            self._processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
        except (RuntimeError, OSError) as error:
            raise CheckpointError(f"{model} is not a model of SentencePiece") from error
        self.vocabulary: dict[str, int] = read_json(vocabulary)
        self.added: dict[int, str] = {}
        unknown = self.vocabulary["<unk>"]
        pieces = [self._processor.id_to_piece(i) for i in range(self._processor.get_piece_size())]
        # SentencePiece's ids → the checkpoint's; SentencePiece's <unk>, <s>, </s> are never text.
        self._ids = [self.vocabulary.get(piece, unknown) for piece in pieces]

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text's pieces."""
        ids = self._ids
        return [ids[i] for i in self._processor.encode(text)]

    def join(self, pieces: Sequence[str]) -> str:
        """Return the text of pieces."""
        text: str = self._processor.decode_pieces(list(pieces))
        return text


class JsonPieces:
    """`tokenizer.json`, with byte pair encoding and blanks as in SentencePiece."""

    def __init__(self, file: Path) -> None:
        """Raise CheckpointError if the file is damaged or of another kind of tokenizer."""
        # Imported here: M2M100 does not need it.
        from tokenizers import Tokenizer

        content = read_json(file)
        # Without them, special tokens in a user's text are text.
        plain = content | {"added_tokens": [], "post_processor": None, "decoder": None}
        try:
            self._tokenizer = Tokenizer.from_str(json.dumps(plain))
            self.vocabulary: dict[str, int] = content["model"]["vocab"]
            tokens = {token["id"]: token["content"] for token in content["added_tokens"]}
        except Exception as error:  # the library has no class of its own for it
            raise CheckpointError(f"{file} is not a tokenizer of NLLB: {error}") from error

        self.added: dict[int, str] = {
            i: token for i, token in tokens.items() if token not in self.vocabulary
        }

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text's pieces."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def join(self, pieces: Sequence[str]) -> str:
        """Return the text of pieces."""
        return "".join(pieces).replace(BLANK, " ")
