"""A document's translation as a conversation: texts go out, translations come in, round by round.

A document does not know who translates; it yields texts and is sent their translations. So
many documents, or many blocks of one, share each round, and the same code serves a request,
a job and a command.
"""

from collections.abc import Callable, Generator, Iterable
from typing import TypeVar

Asked = TypeVar("Asked")
Said = TypeVar("Said")
T = TypeVar("T")

Rounds = Generator[list[str], list[str], T]
"""Yields texts that are not blank, is sent one translation each, returns the outcome."""


class DocumentError(ValueError):
    """The file is broken or of another format; the message says where and holds no user text."""


def run_rounds(
    conversations: Iterable[Generator[list[Asked], list[Said], T]],
    translate: Callable[[list[Asked]], list[Said]],
) -> list[T]:
    """Drive conversations to their ends with one call of `translate` a round.

    Raise `ValueError` if `translate` does not return one translation for each text.
    """
    everything = gather(conversations)
    try:
        texts = next(everything)
        while True:
            texts = everything.send(translate(texts))
    except StopIteration as end:
        outcomes: list[T] = end.value
        return outcomes


def gather(
    conversations: Iterable[Generator[list[Asked], list[Said], T]],
) -> Generator[list[Asked], list[Said], list[T]]:
    """Make one conversation of many, which go through their rounds side by side."""
    outcomes: dict[int, T] = {}
    waiting: list[tuple[int, Generator[list[Asked], list[Said], T], list[Asked]]] = []

    def advance(
        index: int,
        conversation: Generator[list[Asked], list[Said], T],
        answers: list[Said] | None,
    ) -> None:
        try:
            texts = next(conversation) if answers is None else conversation.send(answers)
        except StopIteration as end:
            outcomes[index] = end.value
        else:
            waiting.append((index, conversation, texts))

    for index, conversation in enumerate(conversations):
        advance(index, conversation, None)
    while waiting:
        asked, waiting = waiting, []
        answers = yield [text for _, _, texts in asked for text in texts]
        if len(answers) != sum(len(texts) for _, _, texts in asked):
            raise ValueError("there must be one translation for each text")
        position = 0
        for index, conversation, texts in asked:
            advance(index, conversation, answers[position : position + len(texts)])
            position += len(texts)
    return [outcomes[index] for index in sorted(outcomes)]


def no_rounds(outcome: T) -> Rounds[T]:
    """Make a conversation that asks nothing of an outcome that is known."""
    yield from ()
    return outcome
