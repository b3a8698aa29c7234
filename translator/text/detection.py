"""Language detection: the script of a text, then two classifiers, weighted by its length.

The weights are fitted so that of the answers with a confidence of 0.9, nine of ten are right. A
file that an operator names takes the place of both classifiers.
"""

import math
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from translator.models.languages import find, text_language
from translator.models.scripts import SCRIPTS, script_of, uses
from translator.text.chinese import CHINESE, chinese
from translator.text.detector_file import LEAST_MASS, DetectorFile, FileChoice
from translator.text.fasttext_model import FasttextModel
from translator.text.ngrams import NgramModel
from translator.text.related import related
from translator.text.words import line_of, words_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_DIGITS = 4  # the precision of 32-bit confidences that should add up to 1
_LEAST_SHOWN = 10**-_DIGITS
_LEAST = 1e-5  # the probability of what a classifier excludes: it may be wrong
# An answer of fastText with this confidence for so many letters is wrong once in 900 times; both
# classifiers together are once in 500 (9,454 texts of five languages).
_SURE, _SURE_LETTERS = 0.9, 30
_DOUBT = 0.1  # the share of its doubt that is justified then
_MAX_LETTERS = 100  # more say little more, because words in a text depend on each other
# Fitted by `benchmarks/detection/calibrate.py`. A row for each of fastText's logarithm, fastText's
# logarithm for an empty text, and the n-grams' logarithm: its weight, and what is added to that
# for each factor e of letters.
WEIGHTS = ((0.016, 0.101), (0.225, -0.141), (0.461, 0.189))


@dataclass(frozen=True, slots=True)
class Detection:
    """A language that a text may be in."""

    language: str  # the model's code
    confidence: float  # 0..1; 0: unknown


class Detector:
    """Detects which of a translation model's languages a text is in; threads may share it.

    It works offline: both models are part of installed packages, and read at first use. A file
    replaces them.
    """

    def __init__(self, languages: Sequence[str], file: DetectorFile | None = None) -> None:
        """`languages` are a model's codes; raises ValueError if there are none."""
        if not languages:
            raise ValueError("a detector needs at least one language")
        self._languages = tuple(dict.fromkeys(languages))
        self._fallback = Detection(find("en", languages) or languages[0], 0.0)
        self._both_chinese = set(self._languages).issuperset(CHINESE)
        self._file = file
        self._lock = threading.Lock()
        self._choices: dict[str, _Choice | FileChoice] = {}

    @cached_property
    def known(self) -> frozenset[str]:
        """The languages that it can find; the others have to be named."""
        found = frozenset[str]().union(*(self._choice(script).known for script in SCRIPTS))
        return found | set(CHINESE) if self._both_chinese and found & set(CHINESE) else found

    @cached_property
    def _classifiers(self) -> tuple[FasttextModel, NgramModel]:
        return FasttextModel(), NgramModel()

    def detect(self, text: str) -> list[Detection]:
        """Return the languages that `text` may be in, the most likely first; never an empty list.

        Confidences are normalised over the given languages. Text without known words (empty,
        numbers, emoji, code, another language) gives one language with confidence 0.
        """
        words = words_of(text)
        choice = self._choice_for(words)
        if choice is None:
            return [self._fallback]
        found = self._in_varieties(choice.probabilities(words), text)
        likely = sorted((pair for pair in found if pair[0] >= _LEAST_SHOWN), reverse=True)
        detections = [Detection(language, round(each, _DIGITS)) for each, language in likely]
        return detections or [self._fallback]

    def first_guess(self, text: str) -> str | None:
        """Return the language, of all in the world, that a classifier alone thinks of first.

        That takes a third of the time of `detect`. None: a file takes the place of the classifiers.
        """
        if self._file is not None:
            return None
        with self._lock:
            model, _ = self._classifiers
        line = " ".join(text.split()).encode("utf-8", "replace").decode("utf-8")
        return model.best(line)[0] or None

    def evidence(self, text: str) -> "Evidence | None":
        """Return what a text says about the languages of its script; None if it says nothing."""
        words = words_of(text)
        choice = self._choice_for(words)
        return choice.evidence(words) if isinstance(choice, _Choice) else None

    def _in_varieties(self, found: list[tuple[float, str]], text: str) -> list[tuple[float, str]]:
        """Return what was found; of a model with both Chinese scripts, in that of the text."""
        if not self._both_chinese or not any(code in CHINESE for _, code in found):
            return found
        merged: defaultdict[str, float] = defaultdict(float)
        for probability, code in found:
            merged[chinese(text) if code in CHINESE else code] += probability
        return [(probability, code) for code, probability in merged.items()]

    def _choice_for(self, words: Sequence[str]) -> "_Choice | FileChoice | None":
        """Return the languages of the words' script; None if there are none."""
        script = script_of("".join(words))
        choice = self._choice(script) if script else None
        return choice if choice and choice.known else None

    def _choice(self, script: str) -> "_Choice | FileChoice":
        with self._lock:
            if script not in self._choices:
                languages = [each for each in self._languages if uses(each, script)]
                self._choices[script] = self._make_choice(script, languages)
            return self._choices[script]

    def _make_choice(self, script: str, languages: Sequence[str]) -> "_Choice | FileChoice":
        if self._file is not None:
            return FileChoice(script, languages, self._file)
        return _Choice(script, languages, *self._classifiers)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a text says about each of some languages."""

    languages: tuple[str, ...]
    logarithms: "Floats"  # three rows as in WEIGHTS, a column for each language
    letters: int


def size_of(letters: int) -> float:
    """Return by how many factors e a text has more than one letter."""
    return math.log(min(max(letters, 1), _MAX_LETTERS))


def combined(evidence: Evidence, weights: Sequence[tuple[float, float]]) -> "Floats":
    """Return a probability for each language."""
    import numpy as np

    size = size_of(evidence.letters)
    factors = np.array([base + slope * size for base, slope in weights], np.float32)
    scores = factors @ evidence.logarithms
    return _softmax(scores)


class _Choice:
    """The languages of one script to choose from, and where the classifiers have them."""

    def __init__(
        self, script: str, languages: Sequence[str], fasttext: FasttextModel, ngrams: NgramModel
    ) -> None:
        import numpy as np

        # Of codes that texts do not tell apart, such as both Norwegian ones, the usual one.
        of_texts = {text_language(code): code for code in languages}
        self._of_texts = {each: find(each, languages) or code for each, code in of_texts.items()}
        self.languages = tuple(self._of_texts.values())
        self._fasttext, self._ngrams = fasttext, ngrams
        self._in_fasttext = _Columns(self.languages, fasttext.languages, script)
        self._in_ngrams = _Columns(self.languages, ngrams.languages, script)
        known = {*fasttext.languages, *ngrams.languages}
        self.known = frozenset(code for each, code in self._of_texts.items() if each in known)
        count = len(self.languages)
        uniform = np.full(count, 1 / max(count, 1), np.float32)
        prior = self._in_fasttext.spread(fasttext.prior)
        self._prior = self._in_fasttext.completed(prior, uniform)

    def probabilities(self, words: Sequence[str]) -> list[tuple[float, str]]:
        """Return the probability of each language; none if the words are in none of them."""
        sure = self._sure(words)
        if sure is not None:
            return [sure]
        evidence = self.evidence(words)
        if evidence is None:
            return []
        return list(zip(combined(evidence, WEIGHTS).tolist(), evidence.languages, strict=True))

    def _sure(self, words: Sequence[str]) -> tuple[float, str] | None:
        """Return the language of words that are many, and that fastText is sure of.

        One classifier is enough for them, and takes a tenth of the time.
        """
        if sum(map(len, words)) < _SURE_LETTERS:
            return None
        language, probability = self._fasttext.best(line_of(words))
        if probability < _SURE or language not in self._of_texts:
            return None
        if not related(language).isdisjoint(self._of_texts):
            return None
        return 1 - _DOUBT * (1 - probability), self._of_texts[language]

    def evidence(self, words: Sequence[str]) -> Evidence | None:
        """Return what the words say; None if they are in none of the languages."""
        import numpy as np

        by_fasttext = self._fasttext.probabilities(line_of(words))
        by_ngrams = _softmax(self._ngrams.scores(words))
        if (
            by_fasttext is None or self._in_fasttext.share(by_fasttext) < LEAST_MASS
        ) and self._in_ngrams.share(by_ngrams) < LEAST_MASS:
            return None
        if by_fasttext is None:
            by_fasttext = self._fasttext.prior
        fasttext = self._in_fasttext.spread(by_fasttext)
        ngrams = self._in_ngrams.spread(by_ngrams)
        rows = [
            self._in_fasttext.completed(fasttext, ngrams),
            self._prior,
            self._in_ngrams.completed(ngrams, fasttext),
        ]
        logarithms = np.log(np.maximum(np.array(rows), _LEAST))
        return Evidence(self.languages, logarithms, sum(map(len, words)))


class _Columns:
    """Where a classifier has the languages to choose from."""

    def __init__(self, chosen: Sequence[str], known: Sequence[str], script: str) -> None:
        import numpy as np

        languages = [text_language(code) for code in chosen]
        self._known = np.array([language in known for language in languages], np.float32)
        self._unknown = 1 - self._known
        self._all_known = not self._unknown.any()
        self._positions = np.array(
            [known.index(language) if language in known else 0 for language in languages], np.intp
        )
        self._rivals = np.array([uses(language, script) for language in known], np.float32)

    def share(self, probabilities: "Floats") -> float:
        """Return the share of the chosen languages in what all languages of the script have."""
        everything = float(probabilities @ self._rivals)
        return float(probabilities[self._positions] @ self._known) / everything if everything else 0

    def spread(self, probabilities: "Floats") -> "Floats":
        """Return the probabilities of the chosen languages, which add up to 1 if one is known."""
        import numpy as np

        found = probabilities[self._positions]
        if not self._all_known:
            found *= self._known
        result: Floats = found / max(float(np.add.reduce(found)), _LEAST)
        return result

    def completed(self, probabilities: "Floats", others: "Floats") -> "Floats":
        """Return the probabilities with another classifier's for languages unknown to this one."""
        if self._all_known:
            return probabilities
        left = 1 - float(others @ self._unknown)
        result: Floats = probabilities * left + others * self._unknown
        return result


def _softmax(scores: "Floats") -> "Floats":
    import numpy as np

    exponentials = np.exp(scores - np.maximum.reduce(scores))
    result: Floats = exponentials / np.add.reduce(exponentials)
    return result
