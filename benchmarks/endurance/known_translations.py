"""What the server answers while nobody hurts it, and what to think of an answer given otherwise.

In int8 a sentence has now and then another translation, depending on who shares its batch. So
each is asked alone and among changing others, and an answer under fire is

* right where it was seen for its sentence in quiet, before or afterwards,
* a variant where it was not, but is much like a translation of its own sentence, and less like
  those of every other,
* wrong otherwise: empty, cut, garbled, or somebody else's.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal

_ROUNDS = 3  # in which each sentence is asked among others
_ROUND_TEXTS = 16  # in one request of a round
_LEAST_ALIKE = 0.6  # of a variant to a known translation; unrelated sentences have about 0.3
_TWINS = 0.8  # from here on two sentences are too much alike to tell their translations apart
_CUT_CHARACTERS = 3  # missing at the end: more than a full stop

Verdict = Literal["right", "variant", "wrong"]
Ask = Callable[[Sequence[str], str, str], list[str]]


@dataclass(frozen=True, slots=True)
class Question:
    """A sentence to translate."""

    text: str
    source: str
    target: str


@dataclass
class Answers:
    """Every translation seen in quiet, by question."""

    known: dict[Question, set[str]] = field(default_factory=dict)

    @property
    def directions(self) -> list[list[Question]]:
        """The questions of each direction: only they can share a request."""
        groups: dict[tuple[str, str], list[Question]] = {}
        for question in self.known:
            groups.setdefault((question.source, question.target), []).append(question)
        return list(groups.values())

    def learn_alone(self, questions: Iterable[Question], ask: Ask) -> None:
        """Ask one question at a time."""
        for question in questions:
            answer = ask([question.text], question.source, question.target)
            self.known.setdefault(question, set()).update(answer)

    def learn_together(self, ask: Ask, seed: int) -> None:
        """Ask all known questions some times, each time beside others."""
        shuffle = random.Random(seed).shuffle
        for group in self.directions * _ROUNDS:
            shuffle(group)
            for start in range(0, len(group), _ROUND_TEXTS):
                part = group[start : start + _ROUND_TEXTS]
                texts = [question.text for question in part]
                answers = ask(texts, part[0].source, part[0].target)
                for question, answer in zip(part, answers, strict=True):
                    self.known[question].add(answer)

    def drop_twins(self) -> None:
        """Forget questions whose translations look like those of another one."""
        for question in list(self.known):
            if any(
                _likeness(answer, them) >= _TWINS
                for answer in self.known[question]
                for them in self._of_others(question)
            ):
                del self.known[question]

    def judge(self, question: Question, answer: str) -> Verdict:
        """Say what an answer is."""
        known = self.known[question]
        if answer in known:
            return "right"
        own = _likeness(answer, known)
        cut = any(
            other.startswith(answer) and len(other) - len(answer) >= _CUT_CHARACTERS
            for other in known
        )
        foreign = any(_likeness(answer, them) >= own for them in self._of_others(question))
        return "wrong" if cut or foreign or own < _LEAST_ALIKE else "variant"

    def _of_others(self, question: Question) -> Iterable[set[str]]:
        return (
            translations
            for other, translations in self.known.items()
            if other != question and other.target == question.target
        )


def _likeness(answer: str, translations: set[str]) -> float:
    return max(SequenceMatcher(None, answer, known, False).ratio() for known in translations)
