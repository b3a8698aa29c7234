"""Samples of words, phrases and sentences, to fit and to measure confidences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.detection.corpora import cuts

KINDS = ("1 word", "2–3 words", "sentence")
_SEED = 2


@dataclass(frozen=True, slots=True)
class Sample:
    """A text and the language that it was written in."""

    kind: str  # of KINDS
    text: str
    language: str


def samples(texts: Mapping[str, Sequence[str]], most: int) -> list[Sample]:
    """Return up to `most` samples of each language and kind, in a fixed order."""
    return [
        Sample(kind, text, language)
        for language, sentences in texts.items()
        for kind in KINDS
        for text in _of_kind(kind, sentences)[:most]
    ]


def _of_kind(kind: str, sentences: Sequence[str]) -> list[str]:
    if kind == "1 word":
        return cuts(sentences, 1, 1, _SEED)
    if kind == "2–3 words":
        return cuts(sentences, 2, 3, _SEED)
    return list(dict.fromkeys(sentences))
