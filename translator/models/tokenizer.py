"""Text to token ids and back, for every family, without shared state.

Gives the same ids and text as the tokenizers of transformers, but has no current language (so
threads may share it), is an order of magnitude faster, and treats special tokens such as `</s>` in
a user's text as plain characters.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from translator.errors import CheckpointError
from translator.models.family import (
    SENTENCEPIECE_FILE,
    TOKENIZER_FILE,
    VOCABULARY_FILE,
    family_of,
)
from translator.models.json_files import read_json
from translator.models.pieces import BLANK, JsonPieces, Pieces, SentencePieces
from translator.models.word_pieces import WordPieces

_BYTE_PIECE = re.compile("<0x[0-9A-F]{2}>")
_FLORES = re.compile("[a-z]{3}_[A-Z][a-z]{3}")  # the token of a language is its code
_CONFIG_FILE = "config.json"
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
        """Load the tokenizer files of a checkpoint folder; raises CheckpointError."""
        self._family = family_of(folder)
        self._text: Pieces = (
            JsonPieces(folder / TOKENIZER_FILE)
            if TOKENIZER_FILE in self._family.tokenizer_files
            else SentencePieces(folder / SENTENCEPIECE_FILE, folder / VOCABULARY_FILE)
        )
        vocabulary = self._text.vocabulary
        self.bos, self.pad = vocabulary["<s>"], vocabulary["<pad>"]
        self.eos, self.unk = vocabulary["</s>"], vocabulary["<unk>"]
        self._pieces = {i: piece for piece, i in vocabulary.items() if i not in self._text.added}
        specials = {self.bos, self.pad, self.eos, self.unk}
        beginnings = frozenset(i for i, piece in self._pieces.items() if piece.startswith(BLANK))
        self._encode: Callable[[str], list[int]] = self._text.encode
        if not any(BLANK in piece[1:] for piece in self._pieces.values()):
            self._encode = WordPieces(self._text.encode, beginnings).encode
        self._text_ids = frozenset(self._pieces) - specials
        self._plain_ids = frozenset(
            i for i in self._text_ids if not _BYTE_PIECE.fullmatch(self._pieces[i])
        )
        self._word_ids = frozenset(
            i for i in self._plain_ids if any(map(str.isalpha, self._pieces[i]))
        )
        self._surfaces = self._joinable()
        self.language_ids = self._language_ids()
        if not self.language_ids:
            raise CheckpointError(
                f"{folder / TOKENIZER_FILE} is no tokenizer of NLLB: it has no tokens of languages "
                "such as 'eng_Latn'"
            )
        self.size = _size(folder) or max(self.language_ids.values()) + 1 + UNUSED_TOKENS

    def encode(self, text: str, source: str, target: str | None = None) -> list[int]:
        """Return the ids of a source: pieces, `</s>` and a language token.

        `target` is needed by families that name it in the source. KeyError for a language without a
        token.
        """
        return self.around(self.encode_pieces(text), source, target)

    def around(self, pieces: Sequence[int], source: str, target: str | None = None) -> list[int]:
        """Return the ids of a source with language token and `</s>`, as `encode` does."""
        language = target if self._family.names_target and target is not None else source
        return self._family.source_ids(pieces, self.language_ids[language], self.eos)

    def forced_id(self, target: str) -> int | None:
        """Return the token that a translation begins with; None if it begins with text."""
        return self.language_ids[target] if self._family.forces_target else None

    def encode_pieces(self, text: str) -> list[int]:
        """Return the ids of the text, without language token and `</s>`."""
        return self._encode(text)

    def has_words(self, text: str) -> bool:
        """Return True if the vocabulary has a piece with a letter of the text, not just bytes."""
        return self.have_words(self.encode_pieces(text))

    def have_words(self, ids: Sequence[int]) -> bool:
        """Return `has_words` of a text by its ids."""
        return not self._word_ids.isdisjoint(ids)

    def knows(self, text: str) -> bool:
        """Return True if the vocabulary has pieces for all of the text, without bytes."""
        return self.are_known(self.encode_pieces(text))

    def are_known(self, ids: Sequence[int]) -> bool:
        """Return `knows` of a text by its ids."""
        return self._plain_ids.issuperset(ids)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text; language tokens, `</s>`, padding and unknown pieces are omitted."""
        try:
            return "".join([self._surfaces[i] for i in ids]).strip()  # mostly
        except KeyError:
            return self._text.join([self._pieces[i] for i in ids if i in self._text_ids]).strip()

    def tokens(self) -> list[str]:
        """Return all tokens in id order, language tokens and unused ones included."""
        named = self._pieces | dict(self._text.added)
        named |= {i: self._family.code_format.format(c) for c, i in self.language_ids.items()}
        unused = iter(range(self.size))
        return [named[i] if i in named else f"madeupword{next(unused)}" for i in range(self.size)]

    def used_tokens(self) -> list[str]:
        """Return the tokens that a source or a translation may have: no padding, no unused ones."""
        pieces = [piece for i, piece in self._pieces.items() if i != self.pad]
        return pieces + [self._family.code_format.format(code) for code in self.language_ids]

    def _language_ids(self) -> dict[str, int]:
        """Return the ids of the language tokens: listed ones, or else those after the pieces."""
        if self._text.added:
            return {token: i for i, token in self._text.added.items() if _FLORES.fullmatch(token)}
        first = len(self._pieces)
        return {code: first + i for i, code in enumerate(self._family.languages)}

    def _joinable(self) -> dict[int, str]:
        """Return the texts of pieces that are only joined; they need no call of a library.

        Bytes are not among them: characters are assembled of them. There are none if the model does
        more than to join, as compared with what it makes of all pieces at once.
        """
        surfaces = {i: self._pieces[i].replace(BLANK, " ") for i in sorted(self._plain_ids)}
        whole = self._text.join([self._pieces[i] for i in surfaces])
        return surfaces if whole.strip() == "".join(surfaces.values()).strip() else {}


def _size(folder: Path) -> int | None:
    """Return the number of rows of the model's embedding; None if the folder has no model."""
    path = folder / _CONFIG_FILE
    if not path.is_file():
        return None
    size = read_json(path).get("vocab_size")
    return None if size is None else int(size)
