"""Endless English sentences, hardly any of them twice, and none with a digit."""

import random
from collections.abc import Iterator

_PEOPLE = (
    "The teacher", "Her brother", "An old farmer", "The young doctor", "My neighbour", "Our guide",
    "The captain", "A friend of mine", "The new director", "Their daughter", "The engineer",
    "A tall stranger",
)  # fmt: skip
_DEEDS = (
    "opened the window", "wrote a long letter", "sold the small house", "asked for some water",
    "repaired the broken engine", "found a better road", "forgot the name of the village",
    "brought fresh bread", "read the whole report", "closed the heavy door", "lost the only key",
    "told a strange story",
)  # fmt: skip
_TIMES = (
    "before the meeting", "after the storm", "on a cold morning", "during the summer",
    "late in the evening", "without a word", "at the end of the week", "in front of the station",
    "for the first time", "near the old bridge", "with great care", "as quickly as possible",
)  # fmt: skip
_REASONS = (
    "because the train was late", "although nobody had asked", "so that everyone could sleep",
    "while the children were playing outside", "since the weather had changed",
    "when the lights went out", "until the others came back", "as soon as the rain stopped",
    "where the river meets the sea", "unless the price is too high", "if there is enough time",
    "because the garden needed attention",
)  # fmt: skip
_PARTS = (_PEOPLE, _DEEDS, _TIMES, _REASONS)
_SECOND = ("and", "but", "and then", "but later")


def make_sentences(seed: int) -> Iterator[str]:
    """Yield sentences of about 25 tokens."""
    choose = random.Random(seed).choice
    while True:
        first = " ".join(choose(part) for part in _PARTS[:3])
        person, *rest = (choose(part) for part in _PARTS)
        second = f"{person[0].lower()}{person[1:]} {rest[0]} {rest[2]}"
        yield f"{first}, {choose(_SECOND)} {second}."
