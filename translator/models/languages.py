"""Languages: the codes of M2M100, their names, and aliases of the codes."""

from collections.abc import Collection
from functools import cache

from translator.models.flores import FLORES, flores_code, tag_of
from translator.models.language_tag import parse

# The order fixes the ids of the language tokens (fairseq's `language_codes.txt`,
# `FAIRSEQ_LANGUAGE_CODES["m2m100"]` in transformers).
NAMES = {
    "af": "Afrikaans", "am": "Amharic", "ar": "Arabic", "ast": "Asturian", "az": "Azerbaijani",
    "ba": "Bashkir", "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali", "br": "Breton",
    "bs": "Bosnian", "ca": "Catalan", "ceb": "Cebuano", "cs": "Czech", "cy": "Welsh",
    "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "et": "Estonian", "fa": "Persian", "ff": "Fulah", "fi": "Finnish", "fr": "French",
    "fy": "Western Frisian", "ga": "Irish", "gd": "Scottish Gaelic", "gl": "Galician",
    "gu": "Gujarati", "ha": "Hausa", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian",
    "ht": "Haitian Creole", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian",
    "ig": "Igbo", "ilo": "Iloko", "is": "Icelandic", "it": "Italian", "ja": "Japanese",
    "jv": "Javanese", "ka": "Georgian", "kk": "Kazakh", "km": "Khmer", "kn": "Kannada",
    "ko": "Korean", "lb": "Luxembourgish", "lg": "Ganda", "ln": "Lingala", "lo": "Lao",
    "lt": "Lithuanian", "lv": "Latvian", "mg": "Malagasy", "mk": "Macedonian",
    "ml": "Malayalam", "mn": "Mongolian", "mr": "Marathi", "ms": "Malay", "my": "Burmese",
    "ne": "Nepali", "nl": "Dutch", "no": "Norwegian", "ns": "Northern Sotho",
    "oc": "Occitan", "or": "Odia", "pa": "Punjabi", "pl": "Polish", "ps": "Pashto",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sd": "Sindhi", "si": "Sinhala",
    "sk": "Slovak", "sl": "Slovenian", "so": "Somali", "sq": "Albanian", "sr": "Serbian",
    "ss": "Swati", "su": "Sundanese", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil",
    "th": "Thai", "tl": "Tagalog", "tn": "Tswana", "tr": "Turkish", "uk": "Ukrainian",
    "ur": "Urdu", "uz": "Uzbek", "vi": "Vietnamese", "wo": "Wolof", "xh": "Xhosa",
    "yi": "Yiddish", "yo": "Yoruba", "zh": "Chinese", "zu": "Zulu",
}  # fmt: skip
M2M100_CODES = tuple(NAMES)
_UNSPACED = frozenset({"ja", "zh", "th", "lo", "km", "my"})  # written without spaces between words

# Other codes of these languages: the language aliases of CLDR (supplementalMetadata.xml), as
# langcodes 3.5.1 has them: other ISO 639 codes, withdrawn ones, the usual member of a
# macrolanguage, such as `cmn`; `pb` and `zt` of LibreTranslate; `fuv`, `pbt` and `prs` of
# FLORES-200. Two are left out, because labels of the language detector pass through `canonical`,
# too: `als` alone is Alemannic to Wikipedia, and `sh` would count Croatian texts as Serbian.
_ALIASES = {
    "af": "afr", "am": "amh", "ar": "ara arb", "az": "aze azj", "ba": "bak", "be": "bel",
    "bg": "bul", "bn": "ben", "br": "bre", "bs": "bos", "ca": "cat", "cs": "ces cze",
    "cy": "cym wel", "da": "dan", "de": "deu ger", "el": "ell gre", "en": "eng", "es": "spa",
    "et": "ekk est", "fa": "drw fas per pes prs tnf", "ff": "fuc ful fuv", "fi": "fin",
    "fr": "fra fre", "fy": "fry", "ga": "gle", "gd": "gla", "gl": "glg", "gu": "guj", "ha": "hau",
    "he": "heb iw", "hi": "hin", "hr": "hrv scr", "ht": "hat", "hu": "hun", "hy": "arm hye",
    "id": "in ind", "ig": "ibo", "is": "ice isl", "it": "ita", "ja": "jpn", "jv": "jav jw",
    "ka": "geo kat", "kk": "kaz", "km": "khm", "kn": "kan", "ko": "kor", "lb": "ltz", "lg": "lug",
    "ln": "lin", "lo": "lao", "lt": "lit", "lv": "lav lvs", "mg": "mlg plt", "mk": "mac mkd",
    "ml": "mal", "mn": "drh khk mon", "mr": "mar", "ms": "may msa zsm", "my": "bur mya",
    "ne": "nep npi", "nl": "dut nld", "no": "nb nn nno nob nor", "ns": "nso", "oc": "oci",
    "or": "ori ory", "pa": "pan", "pl": "pol", "ps": "pbt pbu pus", "pt": "pb por",
    "ro": "mo mol ron rum", "ru": "rus", "sd": "snd", "si": "sin", "sk": "slk slo", "sl": "slv",
    "so": "som", "sq": "alb als-latn sqi", "sr": "cnr scc srp", "ss": "ssw", "su": "sun",
    "sv": "swe", "sw": "swa swh", "ta": "tam", "th": "tha", "tl": "fil tgl", "tn": "tsn",
    "tr": "tur", "uk": "ukr", "ur": "urd", "uz": "uzb uzn", "vi": "vie", "wo": "wol", "xh": "xho",
    "yi": "ji ydd yid", "yo": "yor", "zh": "chi cmn zho zt", "zu": "zul",
}  # fmt: skip
_CODES = {alias: code for code, aliases in _ALIASES.items() for alias in aliases.split()}
_STANDARD = {"ns": "nso"}  # codes of M2M100 that BCP 47 has otherwise


def aliases_of(code: str) -> list[str]:
    """Return the other codes of a language of M2M100."""
    return _ALIASES.get(code, "").split()


def is_unspaced(code: str) -> bool:
    """Return whether a model's language is written without spaces between words."""
    return text_language(code) in _UNSPACED


def name_of(code: str) -> str:
    """Return the English name of a model's language; the code itself if it is unknown."""
    if code in FLORES:
        return FLORES[code][0]
    return NAMES.get(code, code)


def find(code: str, languages: Collection[str]) -> str | None:
    """Return the one of a model's languages that a user's code means; None if there is none."""
    if code in languages:
        return code
    for known in (canonical(code), flores_code(code), flores_code(_renewed(code))):
        if known is not None and known in languages:
            return known
    return None


def bcp47(code: str) -> str:
    """Return the BCP 47 tag of a model's code; another code is returned as it is."""
    return tag_of(code) if code in FLORES else _STANDARD.get(code, code)


def _renewed(code: str) -> str:
    """Return a code with an older code of its language, such as `iw` or `ger`, replaced."""
    tag = parse(code)
    if tag is None:
        return code
    language = _CODES.get(tag.language, tag.language)
    return "-".join((_STANDARD.get(language, language), *tag.others))


@cache
def text_language(code: str) -> str:
    """Return the language of text in a model's language, by M2M100's codes as far as they go.

    Rules about text know no scripts: `zho_Hant` is `zh`, and `ckb_Arab` is `ckb`.
    """
    return canonical(tag_of(code)) if code in FLORES else code


def canonical(code: str) -> str:
    """Return the M2M100 code for a user's code: `pt-BR` → `pt`, `iw` → `he`, `deu_Latn` → `de`.

    Script and region are dropped, because M2M100 has one token per language. An unknown code is
    returned in lower case, for the caller to refuse.
    """
    tag = parse(code)
    if tag is None:
        return code.strip().lower()
    whole = "-".join((tag.language, *tag.others))
    return _CODES.get(whole) or _CODES.get(tag.language, tag.language)
