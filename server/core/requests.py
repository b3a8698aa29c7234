"""What a client wants translated, in which context, and the answer."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

AUTO = "auto"  # as the source language: detect it

# What the warning codes of the translator mean, for people.
WARNINGS: Mapping[str, str] = {
    "lost_token": "a URL, placeholder, number or other token of the text is missing",
    "repetition": "the model repeats itself",
    "length": "the translation is much longer or shorter than usual",
    "untranslated": "the translation is identical to the text",
    "empty": "the model returned no translation; the text is returned unchanged",
}


@dataclass(frozen=True, slots=True)
class TextRequest:
    """One text to translate. Languages are M2M100 codes; the source may be AUTO."""

    text: str
    source: str
    target: str
    html: bool = False
    alternatives: int = 0  # further translations wanted; not available for HTML
    glossary: tuple[tuple[str, str], ...] = ()  # terms and their required translations


@dataclass(frozen=True, slots=True)
class Answer:
    """The translation of one text. `warnings` are keys of WARNINGS, each at most once."""

    text: str
    source: str
    confidence: float | None = None  # 0 to 1, of the detected source; None: not detected
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


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

    timeout: float  # seconds
    client: str = ""  # API key name or address: clients take turns
    bulk: bool = False  # yields to work that is not bulk
    client_gone: Callable[[], bool] = lambda: False
    usage: Usage = field(default_factory=Usage)
