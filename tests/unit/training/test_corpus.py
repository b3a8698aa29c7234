"""The corpus: pairs, joined over English, none of them in two splits."""

import gzip
from pathlib import Path

import pytest

from training.corpus import read_directions, read_pairs, read_references

LINES = {
    "de": [("I see.", "Ich sehe."), ("I see.", "Verstehe."), ("Go!", "Geh!")],
    "es": [("I see.", "Ya veo.")],
    "fr": [("I see.", "Je vois."), ("I see.", "D'accord."), ("I see.", "Ah."), ("Go!", "Va !")],
    "nl": [("Stop!", "Stop!")],
}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for language, pairs in LINES.items():
        with gzip.open(tmp_path / f"train.en-{language}.tsv.gz", "wt", encoding="utf-8") as file:
            file.writelines(f"{english}\t{other}\n" for english, other in pairs)
    return tmp_path


def test_pairs_without_english_are_joined_on_it(corpus: Path) -> None:
    directions = read_directions("train", corpus)
    assert directions["en", "de"] == LINES["de"]
    assert directions["nl", "en"] == [("Stop!", "Stop!")]
    # Each German sentence gets two of the French ones, in turn; not all of them.
    assert directions["de", "fr"] == [
        ("Ich sehe.", "Je vois."),
        ("Ich sehe.", "D'accord."),
        ("Verstehe.", "D'accord."),
        ("Verstehe.", "Ah."),
        ("Geh!", "Va !"),
    ]
    assert directions["es", "nl"] == []


def test_all_translations_of_the_english_sentence_are_references(corpus: Path) -> None:
    references = read_references("train", corpus)
    assert references["de", "fr"]["Ich sehe."] == ["Je vois.", "D'accord.", "Ah."]
    assert references["fr", "en"]["Ah."] == ["I see."]
    assert references["nl", "de"] == {}


def test_a_broken_line_is_named(corpus: Path) -> None:
    with gzip.open(corpus / "train.en-nl.tsv.gz", "wt") as file:
        file.write("fine\tgoed\nno tab here\n")
    with pytest.raises(ValueError, match=r"train\.en-nl\.tsv\.gz:2"):
        read_pairs("train", "nl", corpus)


def test_no_english_sentence_is_in_two_splits() -> None:
    splits = [
        {english for language in LINES for english, _ in read_pairs(split, language)}
        for split in ("train", "dev", "test")
    ]
    assert not splits[0] & splits[1]
    assert not splits[0] & splits[2]
    assert not splits[1] & splits[2]
