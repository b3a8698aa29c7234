"""Finds translations that are in another language than asked for, in the same script.

Detection takes a tenth of a millisecond: a small part of what a CPU takes for a sentence, but as
long as a fast GPU does. There it is asked only where words of the source are in the translation,
as when a model stops translating.
"""

from collections.abc import Sequence

from translator.models.languages import text_language
from translator.text.detection import Detector
from translator.text.related import related
from translator.verify.pair import Pair

_LEAST_WORDS = 4  # in lower case: fewer may be names, and say too little
_LEAST_SHARED = 2  # with the source
_SURE = 0.97  # of the other language
_NEARLY_NONE = 0.01  # for the language asked for


class LanguageCheck:
    """Compares the language of translations with the target; threads may share it."""

    def __init__(self, languages: Sequence[str], *, thorough: bool) -> None:
        """`languages` are those between which the model translates; `thorough`: ask always."""
        self._least_shared = 0 if thorough else _LEAST_SHARED
        self._detector = Detector(languages)

    def is_other(self, pair: Pair, target: str) -> bool:
        """Return True if a translation is surely in another language than `target`."""
        if pair.shared < self._least_shared:
            return False
        words = [word for word in pair.words if word.isalpha() and word.islower()]
        if len(words) < _LEAST_WORDS:
            return False
        if self._least_shared and len({*words} & {*pair.own}) < self._least_shared:
            return False
        if self._detector.first_guess(pair.translation) == text_language(target):
            return False  # as for nearly all translations
        found = {each.language: each.confidence for each in self._detector.detect(pair.translation)}
        best = max(found, key=found.__getitem__)
        rest = 1 - sum(found.values())  # where detection was sure without looking at all languages
        if found[best] < _SURE or found.get(target, rest) > _NEARLY_NONE:
            return False
        return text_language(target) not in related(best)
