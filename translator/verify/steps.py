"""What a text asks for, and the steps of its translation."""

from dataclasses import dataclass

from translator.engines import Decoding
from translator.text.glossary import Entries
from translator.text.placeholders import Replacement


@dataclass(frozen=True, slots=True)
class TextOptions:
    """What the caller wants of a text: languages, alternatives, glossary terms."""

    source: str
    target: str
    alternatives: int = 0
    glossary: Entries = ()


@dataclass(frozen=True, slots=True)
class Decode:
    """The next step is to decode this text."""

    text: str
    decoding: Decoding


@dataclass(frozen=True, slots=True)
class Split:
    """The next step is to translate the pieces of this text around these replacements."""

    text: str
    replacements: tuple[Replacement, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The final translation of a text; `warnings` are CODES of `quality`."""

    text: str
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Halve:
    """The next step is to translate the halves of this text."""

    text: str


Step = Decode | Split | Halve | Outcome
