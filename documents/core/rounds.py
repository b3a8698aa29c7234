"""A document is translated in rounds: it yields texts and is sent their translations.

A document does not know who translates it. So many documents, or many blocks of one document, can
share each round, and the same code serves a request, a job and `m2m-translate`.
"""

from collections.abc import Callable, Generator, Iterable
from typing import TypeVar

Request = TypeVar("Request")
Reply = TypeVar("Reply")
Result = TypeVar("Result")

Rounds = Generator[list[str], list[str], Result]
"""Yields texts that are not blank, is sent one translation of each, and returns the result."""


class Part(str):
    """A text that belongs to another one of the same document, `whole`.

    `beside`: it is sent with the whole, only to find its place there. Otherwise the translation of
    the whole could not be used, and those of its parts replace it.
    """

    whole: str  # the very object that was yielded before, or with this one
    beside: bool

    def __new__(cls, text: str, whole: str, *, beside: bool = False) -> "Part":
        """Return the text as a part of `whole`."""
        part = super().__new__(cls, text)
        part.whole = whole
        part.beside = beside
        return part


class DocumentError(ValueError):
    """The file is damaged or has another format. The message says where, without user text."""


def run_rounds(
    documents: Iterable[Generator[list[Request], list[Reply], Result]],
    translate: Callable[[list[Request]], list[Reply]],
) -> list[Result]:
    """Translate all documents and return their results; `translate` is called once per round.

    Raise `ValueError` if `translate` does not return one translation of each text.
    """
    rounds = gather(documents)
    try:
        texts = next(rounds)
        while True:
            texts = rounds.send(translate(texts))
    except StopIteration as end:
        results: list[Result] = end.value
        return results


def gather(
    documents: Iterable[Generator[list[Request], list[Reply], Result]],
) -> Generator[list[Request], list[Reply], list[Result]]:
    """Merge documents, or parts of one, so that they share their rounds."""
    results: dict[int, Result] = {}
    pending: list[tuple[int, Generator[list[Request], list[Reply], Result], list[Request]]] = []

    def advance(
        index: int,
        document: Generator[list[Request], list[Reply], Result],
        translations: list[Reply] | None,
    ) -> None:
        try:
            texts = next(document) if translations is None else document.send(translations)
        except StopIteration as end:
            results[index] = end.value
        else:
            pending.append((index, document, texts))

    for index, document in enumerate(documents):
        advance(index, document, None)
    while pending:
        current, pending = pending, []
        translations = yield [text for _, _, texts in current for text in texts]
        if len(translations) != sum(len(texts) for _, _, texts in current):
            raise ValueError("there must be one translation of each text")
        position = 0
        for index, document, texts in current:
            advance(index, document, translations[position : position + len(texts)])
            position += len(texts)
    return [results[index] for index in sorted(results)]


def no_rounds(result: Result) -> Rounds[Result]:
    """Return rounds that need no translation, because the result is known."""
    yield from ()
    return result
