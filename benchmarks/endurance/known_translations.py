"""Translations known from a server without faults, and the verdict on those under faults.

In int8 the translation of a sentence occasionally depends on the other sentences in its batch. So
each sentence is translated alone and in several mixed requests. A translation under faults is

* right if it is one of those known for its sentence, from before or after the faults,
* a variant if it is not, but is similar to a known translation of its sentence, and more similar
  than to those of every other sentence,
* wrong otherwise: empty, cut, garbled, or of another sentence.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal

_ROUNDS = 3  # in which each sentence is translated in a mixed request
_REQUEST_TEXTS = 16  # in a mixed request
_MIN_SIMILARITY = 0.6  # of a variant to a known translation; unrelated sentences have about 0.3
_TOO_SIMILAR = 0.8  # translations of two sentences that cannot be distinguished reliably
_CUT_CHARACTERS = 3  # missing at the end: more than a full stop

Verdict = Literal["right", "variant", "wrong"]
Translate = Callable[[Sequence[str], str, str], list[str]]  # texts, source, target


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence to translate."""

    text: str
    source: str
    target: str


@dataclass
class KnownTranslations:
    """Every translation seen without faults, by sentence."""

    by_sentence: dict[Sentence, set[str]] = field(default_factory=dict)

    @property
    def directions(self) -> list[list[Sentence]]:
        """The sentences of each direction: a request has one direction."""
        groups: dict[tuple[str, str], list[Sentence]] = {}
        for sentence in self.by_sentence:
            groups.setdefault((sentence.source, sentence.target), []).append(sentence)
        return list(groups.values())

    def add_single(self, sentences: Iterable[Sentence], translate: Translate) -> None:
        """Translate each sentence in a request of its own."""
        for sentence in sentences:
            translations = translate([sentence.text], sentence.source, sentence.target)
            self.by_sentence.setdefault(sentence, set()).update(translations)

    def add_mixed(self, translate: Translate, seed: int) -> None:
        """Translate all known sentences several times, in requests of random composition."""
        shuffle = random.Random(seed).shuffle
        for group in self.directions * _ROUNDS:
            shuffle(group)
            for start in range(0, len(group), _REQUEST_TEXTS):
                part = group[start : start + _REQUEST_TEXTS]
                texts = [sentence.text for sentence in part]
                translations = translate(texts, part[0].source, part[0].target)
                for sentence, translation in zip(part, translations, strict=True):
                    self.by_sentence[sentence].add(translation)

    def drop_similar(self) -> None:
        """Remove sentences whose translations are too similar to those of another one."""
        for sentence in list(self.by_sentence):
            if any(
                _similarity(translation, others) >= _TOO_SIMILAR
                for translation in self.by_sentence[sentence]
                for others in self._of_others(sentence)
            ):
                del self.by_sentence[sentence]

    def judge(self, sentence: Sentence, translation: str) -> Verdict:
        """Return the verdict on a translation of a known sentence."""
        known = self.by_sentence[sentence]
        if translation in known:
            return "right"
        similarity = _similarity(translation, known)
        cut = any(
            other.startswith(translation) and len(other) - len(translation) >= _CUT_CHARACTERS
            for other in known
        )
        of_other = any(
            _similarity(translation, others) >= similarity for others in self._of_others(sentence)
        )
        return "wrong" if cut or of_other or similarity < _MIN_SIMILARITY else "variant"

    def _of_others(self, sentence: Sentence) -> Iterable[set[str]]:
        return (
            translations
            for other, translations in self.by_sentence.items()
            if other != sentence and other.target == sentence.target
        )


def _similarity(translation: str, known: set[str]) -> float:
    """Return the similarity to the most similar of the known translations, from 0 to 1."""
    return max(SequenceMatcher(None, translation, other, False).ratio() for other in known)
