"""Ids composed of those of words are those of the whole text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.corpus import sentences
from translator.models.checkpoints import BUNDLED_FOLDER
from translator.models.tokenizer import Tokenizer
from translator.models.word_pieces import WordPieces

TOKENIZER = Tokenizer(BUNDLED_FOLDER)
TEXTS = st.text(
    st.one_of(
        st.sampled_from("  aeinrstABüßñé'’…–—.,!?«»“”-<>_123½²"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)


class Counted:
    """The tokenizer without words, which records what it is asked."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, text: str) -> list[int]:
        self.texts.append(text)
        return TOKENIZER._text.encode(text)


@pytest.fixture
def encode() -> Counted:
    return Counted()


@pytest.fixture
def words(encode: Counted) -> WordPieces:
    return WordPieces(encode, BEGINNINGS)


BEGINNINGS = frozenset(i for i, piece in TOKENIZER._pieces.items() if piece.startswith("\u2581"))


@given(TEXTS)
def test_any_text(text: str) -> None:
    assert TOKENIZER.encode_pieces(text) == TOKENIZER._text.encode(text)


def test_all_sentences_of_the_corpus() -> None:
    for sentence in sentences("test"):
        assert TOKENIZER.encode_pieces(sentence) == TOKENIZER._text.encode(sentence)


def test_only_new_words_are_encoded_and_at_once(encode: Counted, words: WordPieces) -> None:
    words.encode("The house is old.")
    words.encode("The garden is not old.")
    words.encode("A The old garden is old, the house A")
    words.encode("The house is old.")
    assert encode.texts == ["The house is old.", "garden not", "A old old, the A"]


@pytest.mark.parametrize("text", ["", " ", "a  b", " a", "a ", "x\ty", "5 km", "日本", "½"])
def test_other_texts_are_encoded_as_they_are(encode: Counted, words: WordPieces, text: str) -> None:
    assert words.encode(text) == words.encode(text) == TOKENIZER._text.encode(text)
    assert encode.texts == [text, text]


def test_memory_is_bounded(
    encode: Counted, words: WordPieces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("translator.models.word_pieces._MOST_WORDS", 3)
    words.encode("a" * 1_000)
    assert not words._known
    for text in ("one two", "three four five six", "one two"):
        assert words.encode(text) == TOKENIZER._text.encode(text)
        assert len(words._known) <= 4
