"""Training examples of a domain: its pairs, and variants of them."""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence

from training.augmentation import typed, variants
from training.corpus import DIRECTIONS, PIVOT, Direction, SentencePair
from training.phrasebook import phrases

NEIGHBOURS = 200  # adjacent pairs, among which pairs are joined
DICTIONARY = 60_000  # pairs per language at most: one dictionary has 300 thousand

Example = tuple[str, str, str, str]  # language and text of one side, language and text of the other
Pairs = Mapping[str, Sequence[SentencePair]]  # `(english, other)` by the other language


def with_english(pairs: Pairs) -> Iterator[Example]:
    """Yield the pairs, and variants that change both sides."""
    for language, found in pairs.items():
        yield from _varied(PIVOT, language, found)


def without_english(pairs: Pairs) -> Iterator[Example]:
    """Yield pairs that translate the same English text: one per text and pair of languages."""
    by_english = {language: dict(found) for language, found in pairs.items()}
    for first, second in itertools.combinations(sorted(by_english), 2):
        others = by_english[second]
        both = [(t, others[e]) for e, t in by_english[first].items() if e in others]
        yield from _varied(first, second, both)


def joined(directions: Mapping[Direction, Sequence[SentencePair]]) -> Iterator[Example]:
    """Yield pairs without English that are already joined, and variants of them."""
    for (first, second), found in directions.items():
        yield from _varied(first, second, found)


def typed_ones(pairs: Pairs) -> Iterator[Example]:
    """Yield variants that change only the source, in both directions with English."""
    rng = random.Random(0)
    for language, found in pairs.items():
        for english, other in found:
            for source, target in typed((english, other), rng):
                yield PIVOT, source, language, target
            for source, target in typed((other, english), rng):
                yield language, source, PIVOT, target


def words(pairs: Pairs) -> Iterator[Example]:
    """Yield words unchanged and capitalised; a sample if there are very many."""
    rng = random.Random(0)
    for language, found in pairs.items():
        for english, other in rng.sample(list(found), min(len(found), DICTIONARY)):
            yield PIVOT, english, language, other
            yield PIVOT, english[:1].upper() + english[1:], language, other[:1].upper() + other[1:]


def typed_words(pairs: Pairs) -> Iterator[Example]:
    """Yield words in upper case and, from the other language, in lower case: "hund"."""
    rng = random.Random(1)
    for language, found in pairs.items():
        for english, other in rng.sample(list(found), min(len(found), DICTIONARY)):
            yield PIVOT, english.upper(), language, other.upper()
            yield language, other.upper(), PIVOT, english.upper()
            if other != other.lower():
                yield language, other.lower(), PIVOT, english


def phrasebook() -> Iterator[Example]:
    """Yield the ways in which people type the phrases, in all directions."""
    for source, target in DIRECTIONS:
        for first, second in phrases((source, target)):
            yield source, first, target, second


def _varied(first: str, second: str, pairs: Sequence[SentencePair]) -> Iterator[Example]:
    rng = random.Random(f"{first}-{second}")
    for start in range(0, len(pairs), NEIGHBOURS):
        near = pairs[start : start + NEIGHBOURS]
        for pair in near:
            yield first, pair[0], second, pair[1]
            for one, other in variants(pair, near, rng):
                yield first, one, second, other
