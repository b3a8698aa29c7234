"""Finds the encoding of files that are not UTF-8 and do not declare another one."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from documents.core.encoding import Encoding, EncodingError, decode, has_byte_order_mark
from documents.core.language_tags import primary_language

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

_WESTERN = "cp1252"
# The encodings that texts of a language had before UTF-8, the usual one first; others: Western.
_OF_LANGUAGES: dict[str, Sequence[str]] = {
    "bs cs hr hu pl ro sk sl sq": ("cp1250", "iso8859_2"),
    "be bg kk ky mk mn ru tg tt": ("cp1251", "koi8_r", "cp866"),
    "uk": ("cp1251", "koi8_u", "cp866"),
    "sr": ("cp1251", "cp1250", "iso8859_2"),
    "el": ("cp1253",),
    "az tr": ("cp1254",),
    "he yi": ("cp1255",),
    "ar fa ps ur": ("cp1256",),
    "et lt lv": ("cp1257",),
    "vi": ("cp1258",),
    "th": ("cp874",),
    "ja": ("cp932", "euc_jp"),
    "zh": ("gb18030", "big5"),
    "ko": ("cp949",),
}
_CANDIDATES = {
    language: encodings
    for languages, encodings in _OF_LANGUAGES.items()
    for language in languages.split()
}
_ALL = list(
    dict.fromkeys([_WESTERN, *(name for names in _OF_LANGUAGES.values() for name in names)])
)
_LINE = re.compile(rb"[^\n]+\n?")
_SAMPLE_BYTES = 32_768
_MIN_EVIDENCE = 12  # bytes that are not ASCII, to recognise an encoding without its language
_LEAST_CONFIDENCE = 80  # percent
_TIE = 0.1  # of disorder, within which the more common encoding is taken
_ODD = re.compile(
    r"[^\W\d_A-Z][^\W\d_a-z](?<=[a-zà-öø-ÿа-яёα-ω][A-ZÀ-ÖØ-ÞА-ЯЁΑ-Ω])|[^\W\d_][¡-©«-´¶-¹»-¿×÷]"
    r"|[｡-ﾟ]|[\x80-\x9f]"
)
# Western letters are in words with others, and the rest is punctuation beside words.
_WESTERN_TEXT = re.compile(
    r"(?:[\x00-\x7f]|(?<=[A-Za-zÀ-ÿ])[À-ÖØ-öø-ÿŒœŠšŽžŸ]|[À-ÖØ-öø-ÿŒœŠšŽžŸ](?=[A-Za-z])"
    r"|(?<![^\s(])[ÀÅÆÈÉÔÖØàåæèéêóôöø](?![^\s,.])|[‘’“”„‚‹›«»–—…•€£§©®™°ªº½¼¾±²³µ×¡¿\xa0])*"
)


def decode_legacy(data: bytes, source: str | None = None) -> tuple[Encoding, str]:
    """Decode like `decode`, or else in the encoding that the bytes and the language suggest.

    `source` is a BCP 47 tag, None if it is unknown. The notice of the encoding says which one was
    assumed. Raise `EncodingError` where no encoding is likely.
    """
    try:
        return decode(data)
    except EncodingError as error:
        if has_byte_order_mark(data):
            raise
        start = error.start
    name, confidence = _guess(data, source)
    if name:
        notice = (
            f"the file was read as {name.replace('cp125', 'windows-125')}: it is not UTF-8 "
            f"(confidence {confidence} %)"
        )
        text = _decode_exactly(data, name)
        if text is not None:
            return Encoding(name=name, notice=notice), text
    raise EncodingError(
        f"the file is not UTF-8 at byte {start}, and no other encoding is likely: name the "
        "language of the file, or save it as UTF-8",
        start,
    )


def _guess(data: bytes, source: str | None) -> tuple[str, int]:
    """Return the likely encoding and the confidence in it in percent; "" if there is none."""
    from charset_normalizer import from_bytes  # only few files need it

    language = primary_language(source or "")
    candidates = _CANDIDATES.get(language, (_WESTERN,)) if language else _ALL
    sample = _sample(data)
    evidence = sum(byte > 127 for byte in sample)
    matches = list(from_bytes(sample, cp_isolation=list(candidates)))
    disorder = {match.encoding: match.chaos + _oddity(str(match), evidence) for match in matches}
    least = min(disorder.values(), default=1.0)
    near = [match for match in matches if disorder[match.encoding] <= least + _TIE]
    near.sort(key=lambda match: candidates.index(match.encoding))
    if _WESTERN in candidates and _is_western(sample, near):
        return _WESTERN, round(100 * (1 - disorder.get(_WESTERN, 0.2)))
    is_known = language in _CANDIDATES
    if not near or not (is_known or (evidence >= _MIN_EVIDENCE and _is_certain(near))):
        return "", 0
    confidence = round(100 * (1 - disorder[near[0].encoding]))
    return (near[0].encoding, confidence) if confidence >= _LEAST_CONFIDENCE else ("", 0)


def _sample(data: bytes) -> bytes:
    """Return the first lines that are not ASCII; a line that is too long ends at a blank."""
    lines: list[bytes] = []
    size = 0
    for line in _LINE.finditer(data):
        if not line[0].isascii():
            lines.append(line[0])
            size += len(line[0])
        if size > _SAMPLE_BYTES:
            sample = b"".join(lines)[:_SAMPLE_BYTES]
            return sample[: max(sample.rfind(b" "), sample.rfind(b"\n")) + 1] or sample
    return b"".join(lines)


def _is_western(sample: bytes, matches: "Sequence[CharsetMatch]") -> bool:
    """Return True if all letters are in Western words, and no match is by far likelier."""
    if not _WESTERN_TEXT.fullmatch(sample.decode(_WESTERN, "replace")):
        return False
    likely = max((match.coherence for match in matches), default=0.0)
    own = (match.coherence for match in matches if _WESTERN in match.could_be_from_charset)
    return likely < next(own, 0.0) + _TIE


def _is_certain(matches: "list[CharsetMatch]") -> bool:
    """Return True if matches have the same text, or the letters of the first are by far likelier.

    The likeliest is put first.
    """
    if len({str(match) for match in matches}) > 1:
        matches.sort(key=lambda match: -match.coherence)
        return matches[0].coherence >= matches[1].coherence + _TIE
    return bool(matches)


def _oddity(text: str, evidence: int) -> float:
    """Return the share of letters beside a symbol, or in upper case after lower case.

    Most letters of a text are in lower case; in KOI8-R those of Windows-1251 are in upper case.
    """
    characters = [character for character in text if character > "\x7f"]
    if 2 * sum(map(str.isalpha, characters)) < len(characters):
        return 1.0
    shouts = sum(map(str.isupper, characters)) > sum(map(str.islower, characters))
    return len(_ODD.findall(text)) / max(1, evidence) + 2 * _TIE * shouts


def _decode_exactly(data: bytes, name: str) -> str | None:
    """Return the text if it has no NUL and encoding it gives the same bytes."""
    try:
        text = data.decode(name)
        return text if "\0" not in text and text.encode(name) == data else None
    except UnicodeError:
        return None
