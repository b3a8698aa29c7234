"""Greetings and common words in all five languages, which people often try first.

The corpus has each of them only once or twice, among thousands of other short sentences.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from training.corpus import Direction, SentencePair

PHRASEBOOK = Path(__file__).with_suffix(".tsv")
_MARKS = "!?."


def read_phrases() -> list[dict[str, str]]:
    """Return one phrase per row, by language, spelled as inside a sentence."""
    with PHRASEBOOK.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def phrases(direction: Direction) -> Iterator[SentencePair]:
    """Yield the ways in which people type each phrase, with the translation in the same style."""
    source, target = direction
    for row in read_phrases():
        first, second = row[source], row[target]
        yield first, second
        yield _capital(first), _capital(second)
        yield first.lower(), second
        if first[-1] not in _MARKS:
            yield _exclaim(first, source), _exclaim(second, target)
            yield f"{_capital(first)}.", f"{_capital(second)}."


def _capital(text: str) -> str:
    """Capitalise the first letter only; `str.capitalize` would change "Guten Morgen"."""
    return text[0].upper() + text[1:]


def _exclaim(text: str, language: str) -> str:
    """Return the text with the exclamation marks of the language."""
    before, after = {"es": ("¡", "!"), "fr": ("", " !")}.get(language, ("", "!"))
    return f"{before}{_capital(text)}{after}"
