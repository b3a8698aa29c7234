"""SentencePiece and the vocabulary of an M2M100 checkpoint, without shared state.

Gives the same ids and text as `transformers.M2M100Tokenizer`, but has no current language (so
threads may share it), is an order of magnitude faster, and treats special tokens such as `</s>` in
a user's text as plain characters.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import sentencepiece

from translator.models.languages import M2M100_CODES

SENTENCEPIECE_FILE = "sentencepiece.bpe.model"
VOCABULARY_FILE = "vocab.json"
_BYTE_PIECE = re.compile("<0x[0-9A-F]{2}>")
UNUSED_TOKENS = 8  # `num_madeup_words` of M2M100Tokenizer: padding of the embedding matrix


class Vocabulary(Protocol):
    """The tokens of a model; implemented by Tokenizer."""

    @property
    def bos(self) -> int:
        """The id of `<s>`."""

    @property
    def eos(self) -> int:
        """The id of `</s>`."""

    @property
    def unk(self) -> int:
        """The id of `<unk>`."""

    def tokens(self) -> list[str]:
        """Return all tokens in id order."""


class Tokenizer:
    """Converts text to ids and back; all methods are thread-safe."""

    def __init__(self, folder: Path) -> None:
        """Load `sentencepiece.bpe.model` and `vocab.json` from a checkpoint folder."""
        self._processor = sentencepiece.SentencePieceProcessor(
            model_file=str(folder / SENTENCEPIECE_FILE)
        )
        vocabulary: dict[str, int] = json.loads(
            (folder / VOCABULARY_FILE).read_text(encoding="utf-8")
        )
        self._pieces = {i: piece for piece, i in vocabulary.items()}
        self.bos, self.pad = vocabulary["<s>"], vocabulary["<pad>"]
        self.eos, self.unk = vocabulary["</s>"], vocabulary["<unk>"]
        specials = {self.bos, self.pad, self.eos, self.unk}
        # SentencePiece's ids → the checkpoint's; SentencePiece's <unk>, <s>, </s> are never text.
        self._ids = [
            vocabulary.get(self._processor.id_to_piece(i), self.unk)
            for i in range(self._processor.get_piece_size())
        ]
        self._text_ids = frozenset(self._pieces) - specials
        self._plain_ids = frozenset(
            i for i in self._text_ids if not _BYTE_PIECE.fullmatch(self._pieces[i])
        )
        self._word_ids = frozenset(
            i for i in self._plain_ids if any(map(str.isalpha, self._pieces[i]))
        )
        self.language_ids = {code: len(vocabulary) + i for i, code in enumerate(M2M100_CODES)}
        self.size = len(vocabulary) + len(M2M100_CODES) + UNUSED_TOKENS

    def encode(self, text: str, language: str) -> list[int]:
        """Return `__language__ pieces… </s>`; KeyError for a language without a token."""
        return [self.language_ids[language], *self.encode_pieces(text), self.eos]

    def encode_pieces(self, text: str) -> list[int]:
        """Return the ids of the text, without language token and `</s>`."""
        ids = self._ids
        return [ids[i] for i in self._processor.encode(text)]

    def has_words(self, text: str) -> bool:
        """Return True if the vocabulary has a piece with a letter of the text, not just bytes."""
        return any(i in self._word_ids for i in self.encode_pieces(text))

    def knows(self, text: str) -> bool:
        """Return True if the vocabulary has pieces for all of the text, without bytes."""
        return all(i in self._plain_ids for i in self.encode_pieces(text))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text; language tokens, `</s>`, padding and unknown pieces are omitted."""
        pieces = [self._pieces[i] for i in ids if i in self._text_ids]
        text: str = self._processor.decode_pieces(pieces)
        return text.strip()

    def tokens(self) -> list[str]:
        """Return all tokens in id order, language tokens and unused ones included."""
        languages = [f"__{code}__" for code in self.language_ids]
        unused = [f"madeupword{i}" for i in range(UNUSED_TOKENS)]
        return [self._pieces[i] for i in range(len(self._pieces))] + languages + unused
