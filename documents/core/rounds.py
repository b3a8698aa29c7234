"""A document is translated in rounds: it yields texts and is sent their translations.

A document does not know who translates it. So many documents, or many blocks of one document, can
share each round, and the same code serves a request, a job and `m2m-translate`.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import TypeVar, cast

_MAX_WAITING = 16  # generators of small parts
_MAX_TEXTS = 2_500_000  # in a document; each takes some hundred bytes, however short

Source = TypeVar("Source")
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

    __slots__ = ("beside", "whole")
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
    results: list[Result | None] = []
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
        results.append(None)
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
    return cast(list[Result], results)


def gather_each(
    translate: Callable[[Source], Rounds[Result]], sources: Sequence[Source]
) -> Rounds[list[Result]]:
    """Merge the rounds of many small parts; `translate` must do the same each time.

    A generator that waits for its translations takes kilobytes. So only a few wait, and the others
    are closed after their first round, and begun again when its translations have come.
    """
    known: dict[int, Result] = {}
    waiting: dict[int, Rounds[Result]] = {}
    texts: list[str] = []
    ends: list[int] = [0]  # of the texts of each part
    for number, source in enumerate(sources):
        rounds = translate(source)
        try:
            texts += next(rounds)
        except StopIteration as end:
            known[number] = end.value
        else:
            if len(waiting) < _MAX_WAITING:
                waiting[number] = rounds
        check_texts(len(texts))
        ends.append(len(texts))
    translations = (yield texts) if len(known) < len(sources) else []
    if len(translations) != len(texts):
        raise ValueError("there must be one translation of each text")

    def resumed(number: int) -> Rounds[Result]:
        if number in known:
            return no_rounds(known.pop(number))
        own = slice(ends[number], ends[number + 1])
        if number in waiting:
            return _resume(waiting.pop(number), texts[own], texts[own], translations[own])
        rounds = translate(sources[number])
        return _resume(rounds, next(rounds), texts[own], translations[own])

    return (yield from gather(map(resumed, range(len(sources)))))


def check_texts(count: int) -> None:
    """Raise `DocumentError` for more texts than a document may have."""
    if count > _MAX_TEXTS:
        raise DocumentError(f"the file has more than {_MAX_TEXTS:,} texts; split it into several")


def _resume(
    rounds: Rounds[Result], again: list[str], first: list[str], translations: list[str]
) -> Rounds[Result]:
    """Go on after the first round, which yielded the texts `first`, and now `again`."""
    assert again == first, "the texts of a part do not change"
    originals = {id(text): original for text, original in zip(again, first, strict=True)}
    try:
        texts = rounds.send(translations)
        while True:
            for text in texts:
                if isinstance(text, Part):
                    text.whole = originals.get(id(text.whole), text.whole)
            texts = rounds.send((yield texts))
    except StopIteration as end:
        result: Result = end.value
        return result


def no_rounds(result: Result) -> Rounds[Result]:
    """Return rounds that need no translation, because the result is known."""
    yield from ()
    return result
