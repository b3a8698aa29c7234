"""What a text asks for, and the steps of its translation."""

from typing import NamedTuple

from translator.engines import Decoding
from translator.text.glossary import Entries
from translator.text.placeholders import Replacement


class TextOptions(NamedTuple):
    """What the caller wants of a text: languages, alternatives, glossary terms."""

    source: str
    target: str
    alternatives: int = 0
    glossary: Entries = ()


class Decode(NamedTuple):
    """The next step is to decode this text."""

    text: str
    decoding: Decoding


class Split(NamedTuple):
    """The next step is to translate the pieces of this text around these replacements."""

    text: str
    replacements: tuple[Replacement, ...]


class Outcome(NamedTuple):
    """The final translation of a text; `warnings` are CODES of `quality`."""

    text: str
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


class Halve(NamedTuple):
    """The next step is to translate the halves of this text."""

    text: str


Step = Decode | Split | Halve | Outcome
