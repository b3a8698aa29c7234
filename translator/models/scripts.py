"""Writing systems: which one a text is in, and which languages use it."""

import unicodedata
from collections import Counter
from functools import lru_cache

# Names as in Unicode's character names. A language that is not listed is written in Latin letters.
# Those that fastText knows and M2M100 does not are here too: a text in one is none of M2M100's.
_LANGUAGES = {
    "ARABIC": ("ar", "arz", "azb", "ckb", "fa", "lrc", "mzn", "pnb", "ps", "sd", "ug", "ur"),
    "ARMENIAN": ("hy",),
    "BENGALI": ("as", "bn", "bpy"),
    "CJK": ("ja", "wuu", "yue", "zh"),
    "CYRILLIC": (
        "av", "ba", "be", "bg", "bxr", "ce", "cv", "kk", "krc", "kv", "ky", "lez", "mhr", "mk",
        "mn", "mrj", "myv", "os", "ru", "rue", "sah", "sr", "tg", "tt", "tyv", "uk", "uz", "xal",
    ),
    "DEVANAGARI": ("bh", "dty", "gom", "hi", "mai", "mr", "ne", "new", "sa"),
    "ETHIOPIC": ("am",),
    "GEORGIAN": ("ka", "xmf"),
    "GREEK": ("el",),
    "GUJARATI": ("gu",),
    "GURMUKHI": ("pa",),
    "HANGUL": ("ko",),
    "HEBREW": ("he", "yi"),
    "KANA": ("ja",),
    "KANNADA": ("kn",),
    "KHMER": ("km",),
    "LAO": ("lo",),
    "MALAYALAM": ("ml",),
    "MYANMAR": ("my",),
    "ORIYA": ("or",),
    "SINHALA": ("si",),
    "TAMIL": ("ta",),
    "TELUGU": ("te",),
    "THAANA": ("dv",),
    "THAI": ("th",),
    "TIBETAN": ("bo",),
}  # fmt: skip
# Characters of the scripts that have no blanks between words, for a class of a pattern.
UNSPACED_RANGES = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uff00-\uffef"
LATIN = "LATIN"
_ALSO_LATIN = frozenset({"sr", "uz"})  # written in both alphabets
_ELSEWHERE = frozenset(language for group in _LANGUAGES.values() for language in group)
_OF_CHARACTER_NAMES = {"HIRAGANA": "KANA", "KATAKANA": "KANA", "KATAKANA-HIRAGANA": "KANA"}
# Scripts of FLORES-200's codes, and of the labels of detectors' files, by ISO 15924.
_OF_CODES = {
    "Arab": ("ARABIC",), "Armn": ("ARMENIAN",), "Beng": ("BENGALI",), "Cyrl": ("CYRILLIC",),
    "Deva": ("DEVANAGARI",), "Ethi": ("ETHIOPIC",), "Geor": ("GEORGIAN",), "Grek": ("GREEK",),
    "Gujr": ("GUJARATI",), "Guru": ("GURMUKHI",), "Hang": ("HANGUL",), "Hans": ("CJK",),
    "Hant": ("CJK",), "Hani": ("CJK",), "Hebr": ("HEBREW",), "Jpan": ("KANA", "CJK"),
    "Khmr": ("KHMER",), "Knda": ("KANNADA",), "Laoo": ("LAO",), "Latn": ("LATIN",),
    "Mlym": ("MALAYALAM",), "Mymr": ("MYANMAR",), "Orya": ("ORIYA",), "Sinh": ("SINHALA",),
    "Taml": ("TAMIL",), "Telu": ("TELUGU",), "Tfng": ("TIFINAGH",), "Thai": ("THAI",),
    "Tibt": ("TIBETAN",),
}  # fmt: skip
SCRIPTS = frozenset(_LANGUAGES) | {script for scripts in _OF_CODES.values() for script in scripts}
# A character of these says about as much as three letters of an alphabet, so that a sentence
# with a long English name in it is still Chinese.
_DENSE = {"CJK": 3, "KANA": 3, "HANGUL": 3}


def uses(language: str, script: str) -> bool:
    """Return whether a model's language is written in a script."""
    _, named, code = language.partition("_")
    if named:
        return script in _OF_CODES.get(code, ())
    if script == LATIN:
        return language not in _ELSEWHERE or language in _ALSO_LATIN
    return language in _LANGUAGES.get(script, ())


def scripts_of(language: str) -> frozenset[str]:
    """Return the scripts of text in a model's language, names from abroad included.

    Empty if they are not known.
    """
    own = {script for script in SCRIPTS if uses(language, script)}
    if not own:
        return frozenset()
    if "HANGUL" in own:  # newspapers abbreviate names of countries with one Chinese character
        own.add("CJK")
    return frozenset(own | {LATIN})


def script_of(text: str) -> str:
    """Return the script of most of a text's letters; "" if it has none."""
    if text.isascii():  # the quick way for much of what there is
        return LATIN if any(map(str.isalpha, text)) else ""
    counts: Counter[str] = Counter()
    for character, count in Counter(text).items():
        if character.isalpha():
            script = _character_script(character)
            counts[script] += count * _DENSE.get(script, 1)
    if counts["CJK"] and counts["KANA"]:  # Japanese is written in both, Chinese in one
        counts["KANA"] += counts.pop("CJK")
    return max(counts, key=counts.__getitem__, default="")


@lru_cache(maxsize=4_096)
def _character_script(character: str) -> str:
    name = unicodedata.name(character, "").partition(" ")[0]
    return _OF_CHARACTER_NAMES.get(name, name)
