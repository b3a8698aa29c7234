"""What a client wants translated, in which context, and the answer."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from documents.core.tag_rules import NO_RULES, TagRules
from translator.text.segmentation import Splitting

Markup = Literal["html", "xml"]
AUTO = "auto"  # as the source language: detect it

# What the warning codes of the translator mean, for people.
WARNINGS: Mapping[str, str] = {
    "lost_token": "a term of the glossary is missing",
    "source_kept": "a part of the text could not be translated without damage and is unchanged",
    "empty": "the model returned no translation; the text is returned unchanged",
    "surplus_token": "the translation has a number or symbol that the text does not have",
    "repetition": "the model repeats itself",
    "other_language": "the translation is in another language or script than asked for",
    "untranslated": "the translation is identical to the text, or many words in a row are",
    "length": "the translation is much longer or shorter than usual",
    "unbalanced": "a quotation mark is missing",
    "in_parts": "the parts between placeholders, numbers or codes were translated one by one",
}


class TextRequest(NamedTuple):
    """One text to translate. Languages are the server's codes; the source may be AUTO."""

    text: str
    source: str
    target: str
    markup: Markup | None = None  # None: plain text
    tags: TagRules = NO_RULES  # of the markup
    splitting: Splitting = "lines"
    alternatives: int = 0  # further translations wanted; not available for markup
    glossary: tuple[tuple[str, str], ...] = ()  # terms and their required translations
    model: str | None = None  # that must translate it; None: whichever does for its languages


class Answer(NamedTuple):
    """The translation of one text. `warnings` are keys of WARNINGS, each at most once."""

    text: str
    source: str
    confidence: float | None = None  # 0 to 1, of the detected source; None: not detected
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    model: str = ""  # that translated it

    def described_warnings(self, field: str) -> list[dict[str, str]]:
        """Return the warnings as clients see them; `field` names the text."""
        return [{"field": field, "code": code, "detail": WARNINGS[code]} for code in self.warnings]


@dataclass(slots=True)
class Usage:
    """How much work an HTTP request caused, for its log line. Any thread may add to it."""

    characters: int = 0
    segments: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, *, characters: int = 0, segments: int = 0) -> None:
        """Add to the totals."""
        with self._lock:
            self.characters += characters
            self.segments += segments


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What holds for all texts of a request. It travels with the work, whichever thread does it."""

    deadline: float  # on the monotonic clock
    client: str = ""  # API key name or address: clients take turns
    bulk: bool = False  # yields to work that is not bulk
    cached: bool = True  # whether translations may come from the cache, and go there
    client_gone: Callable[[], bool] = lambda: False
    accepted: Callable[[], None] | None = None  # to be called once the pool has accepted the work
    usage: Usage = field(default_factory=Usage)

    def seconds_left(self) -> float:
        """Return the time until the deadline."""
        return max(0.0, self.deadline - time.monotonic())
