"""Texts of known languages: Tatoeba's (part of this repository), NTREX-128 and word lists.

NTREX-128 (CC BY-SA 4.0) is the same 1,997 sentences of news in 128 languages:
https://github.com/MicrosoftTranslator/NTREX. The word lists are those of the PyPI package wordfreq
3.1.1 (data CC BY-SA 4.0), which the project does not depend on: `pip install wordfreq==3.1.1`.
"""

import importlib
import random
from collections.abc import Sequence
from pathlib import Path

from training.corpus import LANGUAGES as BUNDLED
from training.corpus import OTHERS, PIVOT, read_pairs
from translator.text.words import words_of

# Shares of NTREX's lines, in order: lines of one article must not be in two splits.
_SHARES = {"train": (0.0, 0.75), "dev": (0.75, 0.85), "test": (0.85, 1.0)}
_NTREX = {
    "af": "afr", "am": "amh", "ar": "arb", "az": "aze-Latn", "ba": "bak", "be": "bel",
    "bg": "bul", "bn": "ben", "bs": "bos", "ca": "cat", "cs": "ces", "cy": "cym", "da": "dan",
    "de": "deu", "el": "ell", "en": "eng-US", "es": "spa", "et": "est", "fa": "fas", "ff": "fuc",
    "fi": "fin", "fr": "fra", "ga": "gle", "gl": "glg", "gu": "guj", "ha": "hau", "he": "heb",
    "hi": "hin", "hr": "hrv", "hu": "hun", "hy": "hye", "id": "ind", "ig": "ibo", "is": "isl",
    "it": "ita", "ja": "jpn", "ka": "kat", "kk": "kaz", "km": "khm", "kn": "kan", "ko": "kor",
    "lb": "ltz", "lo": "lao", "lt": "lit", "lv": "lav", "mg": "mlg", "mk": "mkd", "ml": "mal",
    "mn": "mon", "mr": "mar", "ms": "msa", "my": "mya", "ne": "nep", "nl": "nld", "no": "nob",
    "ns": "nso", "pa": "pan", "pl": "pol", "ps": "pus", "pt": "por", "ro": "ron", "ru": "rus",
    "sd": "snd-Arab", "si": "sin", "sk": "slk", "sl": "slv", "so": "som", "sq": "sqi",
    "sr": "srp-Cyrl", "ss": "ssw", "sv": "swe", "sw": "swa", "ta": "tam", "th": "tha",
    "tl": "fil", "tn": "tsn", "tr": "tur", "uk": "ukr", "ur": "urd", "uz": "uzb", "vi": "vie",
    "wo": "wol", "xh": "xho", "yo": "yor", "zh": "zho-CN", "zu": "zul",
}  # fmt: skip
_SECOND = {
    "en": "eng-GB",
    "es": "spa-MX",
    "no": "nno",
    "pt": "por-BR",
    "sr": "srp-Latn",
    "zh": "zho-TW",
}
_WORD_LISTS = {"no": "nb", "tl": "fil"}  # wordfreq's names, where they differ

Texts = dict[str, list[str]]


def tatoeba(split: str) -> Texts:
    """Return the distinct sentences of each of the five languages, in a fixed order."""
    found: dict[str, dict[str, None]] = {language: {} for language in BUNDLED}
    for language in OTHERS:
        for english, other in read_pairs(split, language):
            found[PIVOT][english] = found[language][other] = None
    return {language: list(texts) for language, texts in found.items()}


def ntrex(folder: Path, split: str) -> Texts:
    """Return NTREX's sentences of a split by M2M100's codes; of both variants where it has two."""
    texts: Texts = {}
    for language, name in _NTREX.items():
        variants = [name, _SECOND[language]] if language in _SECOND else [name]
        texts[language] = [line for each in variants for line in _lines(folder, each, split)]
    return texts


def word_list(language: str, most: int) -> list[tuple[str, float]]:
    """Return the most frequent words and their frequencies; [] if there is no list."""
    wordfreq = importlib.import_module("wordfreq")
    code = _WORD_LISTS.get(language, language)
    if code not in wordfreq.available_languages("small"):
        return []
    words = wordfreq.top_n_list(code, most, wordlist="best")
    frequencies = wordfreq.get_frequency_dict(code, "best")
    return [(word, frequencies[word]) for word in words if words_of(word) == [word]]


def cut(words: Sequence[str], least: int, most: int, draw: random.Random) -> str:
    """Return `least` to `most` of the words in a row; "" if there are fewer."""
    count = draw.randint(least, most)
    if len(words) < count:
        return ""
    start = draw.randrange(len(words) - count + 1)
    return " ".join(words[start : start + count])


def cuts(texts: Sequence[str], least: int, most: int, seed: int) -> list[str]:
    """Return one cut of each text that is long enough, without repeats, in a fixed order."""
    draw = random.Random(seed)
    found = (cut(words_of(text), least, most, draw) for text in texts)
    return list(dict.fromkeys(filter(None, found)))


def _lines(folder: Path, name: str, split: str) -> list[str]:
    kind = "src" if name == "eng" else "ref"
    lines = (folder / f"newstest2019-{kind}.{name}.txt").read_text("utf-8").splitlines()
    start, end = (round(share * len(lines)) for share in _SHARES[split])
    return [line.strip() for line in lines[start:end] if line.strip()]
