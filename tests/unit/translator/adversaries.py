"""Engines that do what no model should, and generated texts with all that must survive them."""

import random
import re
from collections.abc import Callable, Sequence

from translator import Translator
from translator.engines import DecodedSegment, EncodedSegment
from translator.text.token_table import TABLE

Answer = Callable[[str, random.Random], str]

_PLACEHOLDER = re.compile(r"<\d+>|\{\d+\}|_\d+_")
_NOISE = """
    Haus und Hof sind 12 mal größer als ( der Baum ] & {x} %s https://a.org/b 🙂 <2> {1} _3_
    1.234,5 INV-2024 snake_case ganz \ufffd gut
"""


def _random_words(_: str, rng: random.Random) -> str:
    return " ".join(rng.choices(_NOISE.split(), k=rng.randint(1, 12)))


def _swapped(text: str, rng: random.Random) -> str:
    found = _PLACEHOLDER.findall(text)
    rng.shuffle(found)
    return _PLACEHOLDER.sub(lambda _: found.pop(), text)


def _edited(text: str, rng: random.Random) -> str:
    """Drop, repeat or insert characters."""
    characters = list(text)
    for _ in range(rng.randint(1, 4)):
        position = rng.randrange(len(characters) + 1)
        edit = rng.choice(("", characters[position - 1] * 2 if characters else "x", "1", "<", "\t"))
        characters[position : position + 1] = edit
    return "".join(characters)


ANSWERS: dict[str, Answer] = {
    "copy": lambda text, _: text,
    "nothing": lambda _, __: "",
    "random words": _random_words,
    "twice": lambda text, _: f"{text} {text}",
    "placeholders dropped": lambda text, _: _PLACEHOLDER.sub("", text),
    "placeholders doubled": lambda text, _: _PLACEHOLDER.sub(lambda m: m[0] * 2, text),
    "placeholders swapped": _swapped,
    "placeholders glued": lambda text, _: re.sub(r"\s*(<\d+>|\{\d+\}|_\d+_)\s*", r"\1", text),
    "half of a placeholder": lambda text, _: _PLACEHOLDER.sub(lambda m: m[0][1:], text),
    "without blanks": lambda text, _: re.sub(r"\s", "", text),
    "edited": _edited,
    "upper case": lambda text, _: text.upper(),
    "broken lines": lambda text, _: re.sub(r" ", "\n\t ", text),
}


class AdversarialEngine:
    """A fake engine that answers with what a function makes of the text."""

    batches, splits = 1, 0

    def __init__(self, translator: Translator, answer: Answer, seed: int) -> None:
        self._tokenizer = translator.checkpoint.tokenizer()
        self._answer = answer
        self._rng = random.Random(seed)
        self._waiting: list[EncodedSegment] = []

    def submit(self, segments: Sequence[EncodedSegment]) -> None:
        self._waiting += segments

    def step(self) -> list[DecodedSegment]:
        segments, self._waiting = self._waiting, []
        return [DecodedSegment(segment.key, self._ids(segment)) for segment in segments]

    def _ids(self, segment: EncodedSegment) -> list[int]:
        text = self._tokenizer.decode(segment.source_ids[1:])
        return self._tokenizer.encode_pieces(self._answer(text, self._rng))


_LANGUAGE = """
    the old house near a green lake I saw them again and she was very happy about it we never
    found out why nobody came to dinner please open every window before you leave
"""
_NUMBERS = ("7", "12", "1,234.5", "2 000 000", "-12", "5-7", "12.5%", "$1,299.00", "±0.5", "10.0")
_BETWEEN = (
    " ",
    " ",
    " ",
    " ",
    ", ",
    ". ",
    "; ",
    " (",
    ") ",
    "? ",
    "  ",
    "\n",
    "\t",
    "\n\n- ",
    " | ",
)


def generated(rng: random.Random) -> str:
    """Return a text of words, tokens of the table, numbers and all kinds of white space."""
    tokens = [example for kind in TABLE for example in kind.kept]
    parts = [rng.choice(("", "", "  ", "1. ", "- ", "• ", "> "))]
    for _ in range(rng.randint(1, 12)):
        source = rng.random()
        if source < 0.65:
            parts.append(rng.choice(_LANGUAGE.split()))
        elif source < 0.85:
            parts.append(rng.choice(tokens))
        else:
            parts.append(rng.choice(_NUMBERS))
        parts.append(rng.choice(_BETWEEN))
    return "".join([*parts[:-1], rng.choice(("", ".", " \n", "!"))])
