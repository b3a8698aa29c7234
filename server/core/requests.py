"""What is to be translated, on what terms, and what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

AUTO = "auto"  # as the source language: to be detected

# What the codes of the translator say to people.
WARNINGS: Mapping[str, str] = {
    "lost_token": "a URL, placeholder, number or other token of the text is missing",
    "repetition": "the model repeats itself",
    "length": "the translation is much longer or shorter than texts usually become",
    "untranslated": "the translation is the text itself",
    "empty": "the model had no translation; the text is returned",
}


@dataclass(frozen=True, slots=True)
class TextRequest:
    """One text to translate. Languages are M2M100's codes; the source may be AUTO."""

    text: str
    source: str
    target: str
    html: bool = False
    alternatives: int = 0  # further translations wanted; none of HTML
    glossary: tuple[tuple[str, str], ...] = ()  # terms, and what they must become


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an order. `warnings` are keys of WARNINGS, each once."""

    text: str
    source: str
    confidence: float | None = None  # 0 … 1, of the detected source; None: it was not detected
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestContext:
    """On what terms a request is served."""

    timeout: float  # seconds
    client: str = ""  # whose request it is: clients take turns
    bulk: bool = False  # lets what is not bulk go first
    client_gone: Callable[[], bool] = lambda: False
