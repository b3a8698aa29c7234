"""Texts that can be told apart: each has a number that no other text has, and translations keep it.

So an answer with the wrong text, or with one text twice, is noticed, although translations of one
sentence may differ a little with the batch.
"""

import itertools
import re
from collections.abc import Sequence

from training.corpus import read_references

_MIN_CHARACTERS, _MAX_CHARACTERS = 20, 90
_NUMBER = re.compile(r"\d{6}")
_numbers = itertools.count(100_000)
_sentences = [
    text
    for text in read_references("test")["en", "de"]
    if _MIN_CHARACTERS <= len(text) <= _MAX_CHARACTERS and not re.search(r"\d|[.!?].", text)
]


def make_texts(count: int) -> list[str]:
    """Return English texts that nobody has had yet."""
    numbers = [next(_numbers) for _ in range(count)]
    return [f"Order {n}: {_sentences[n % len(_sentences)]}" for n in numbers]


def are_translations(translations: Sequence[str | None], texts: Sequence[str]) -> bool:
    """Return whether each translation is that of its text: it has its number, and no other."""
    return [_NUMBER.findall(each or "") for each in translations] == [
        _NUMBER.findall(text) for text in texts
    ]
