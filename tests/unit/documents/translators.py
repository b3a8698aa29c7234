"""Fake translators that record the texts of each round, and models that are not to be trusted."""

import re
from collections.abc import Callable
from itertools import count
from typing import Any, TypeVar

from documents import FORMATS, DocumentOptions, Rounds, TranslatedFile, run_rounds

Result = TypeVar("Result")
Model = Callable[[str], str]


Document = Callable[..., Rounds[bytes]]


def document_of(suffix: str) -> Document:
    """Return what makes the rounds of a file's bytes; `options` are those of `DocumentOptions`."""

    def rounds(data: bytes, target: str = "de", **options: Any) -> Rounds[bytes]:
        return (yield from file_of(suffix)(data, target, **options)).data

    return rounds


def file_of(suffix: str) -> Callable[..., Rounds[TranslatedFile]]:
    """Return what makes the rounds of a file, notices included."""

    def rounds(data: bytes, target: str = "de", **options: Any) -> Rounds[TranslatedFile]:
        return FORMATS[suffix].translate(data, DocumentOptions(target, **options))

    return rounds


class FakeTranslator:
    """Translates with a function; checks that no text is blank."""

    def __init__(self, function: Callable[[str], str]) -> None:
        self._function = function
        self.rounds: list[list[str]] = []

    def __call__(self, texts: list[str]) -> list[str]:
        assert texts
        assert all(text.strip() for text in texts)
        self.rounds.append(texts)
        return [self._function(text) for text in texts]

    def translate(self, document: Rounds[Result]) -> Result:
        return run_rounds([document], self)[0]


def identity(text: str) -> str:
    return text


def reverse(text: str) -> str:
    """Upper case, with the words in reverse order."""
    return " ".join(reversed(text.upper().split()))


def by_dictionary(entries: dict[str, str]) -> FakeTranslator:
    """Translates other texts to upper case."""
    return FakeTranslator(lambda text: entries.get(text, text.upper()))


def translate_upper(document: Rounds[Result]) -> Result:
    return FakeTranslator(str.upper).translate(document)


def translate_identity(document: Rounds[Result]) -> Result:
    return FakeTranslator(identity).translate(document)


def _scrambled() -> Model:
    """Return a model that answers each text with other words."""
    numbers = count()
    return lambda text: " ".join(f"wort{next(numbers)}" for _ in text.split())


MODELS: dict[str, Callable[[], Model]] = {
    "nothing": lambda: lambda text: "",
    "one word": lambda: lambda text: "neu",
    "other words": _scrambled,
    "twice": lambda: lambda text: f"{text} {text}",
    "reversed": lambda: reverse,
    "full stops": lambda: lambda text: f"{text.upper()}.",
    "no punctuation": lambda: lambda text: re.sub(r"[^\w\s]", "", text).upper(),
    "no blanks": lambda: lambda text: text.replace(" ", "").upper(),
    "tags": lambda: lambda text: f"<b>{text.upper()}</b><br>",
    "references": lambda: lambda text: f"{text.upper()} &amp; &lt;b&gt;",
    "placeholders": lambda: lambda text: f"{{0}} {text.upper()} %s __X1__",
    "unbalanced": lambda: lambda text: f"</p>{text.upper()}-->",
}
