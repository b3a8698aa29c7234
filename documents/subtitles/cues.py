"""Subtitles (.srt, .vtt, .sbv): the text of cues is translated; numbers, times, settings stay."""

import json
import re
from collections.abc import Sequence
from functools import partial
from html import escape

from documents.core.encoding import Encoding
from documents.core.legacy_encodings import decode_legacy
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds, gather_each
from documents.subtitles.cue_text import (
    CueFormat,
    Line,
    groups,
    plain_items,
    referenced_items,
    replace_cues,
    tagged_items,
    translate_cue,
)

_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|$)")
# Times are read leniently: players do so, and nothing but their place matters here.
_TIMING = re.compile(r"\s*\d+\s?[:.,;]\s?\d[\d:.,;\s]*-+>.*")
_SBV_TIMING = re.compile(
    r"\s*\d+:\d{1,2}:\d{1,2}[.,]\d{1,3}\s*,\s*\d+:\d{1,2}:\d{1,2}[.,]\d{1,3}\s*"
)
_NUMBER = re.compile(r"\s*\d+\s*")
_PICTURE = re.compile(r"\s*(?:https?://\S+|\S+\.(?:avif|gif|jpe?g|png|webp)(?:[?#]\S*)?)\s*")
_HEADER = re.compile(r"WEBVTT(?:[ \t].*)?")
_NO_CUE = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t].*)?")

_REFERENCE = re.compile(r"&(?:amp|lt|gt|nbsp|quot|#\d{1,6});")  # that programs write into SubRip
_PLAIN = CueFormat(partial(tagged_items, read=plain_items), str, "<>")
_REFERENCED = CueFormat(
    partial(tagged_items, read=referenced_items), partial(escape, quote=False), "<>&"
)


def translate_srt(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a SubRip file; raise `DocumentError` if it has no cue."""
    encoding, text = decode_legacy(data, options.source)
    lines = _lines(text)
    cue_format = _REFERENCED if _REFERENCE.search(text) else _PLAIN
    return (yield from _translate(encoding, lines, _srt_texts(lines, _TIMING), cue_format))


def translate_sbv(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate captions of YouTube; raise `DocumentError` if the file has no cue."""
    encoding, text = decode_legacy(data, options.source)
    lines = _lines(text)
    return (yield from _translate(encoding, lines, _srt_texts(lines, _SBV_TIMING), _PLAIN))


def translate_vtt(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a WebVTT file; raise `DocumentError` if it does not start with WEBVTT."""
    encoding, text = decode_legacy(data, options.source)
    lines = _lines(text)
    return (yield from _translate(encoding, lines, _vtt_texts(lines), _REFERENCED))


def _lines(text: str) -> list[Line]:
    return [(line[1], line[2]) for line in _LINE.finditer(text)]


def _translate(
    encoding: Encoding, lines: Sequence[Line], texts: set[int], cue_format: CueFormat
) -> Rounds[TranslatedFile]:
    ranges = list(groups(lines, texts))
    cues = yield from gather_each(
        lambda place: translate_cue(lines[slice(*place)], cue_format), ranges
    )
    return encoding.encode(replace_cues(lines, ranges, cues))


def _srt_texts(lines: Sequence[Line], timing: re.Pattern[str]) -> set[int]:
    """Return the indices of lines of text; a cue may have blank lines in it."""
    timings = {i for i, (line, _) in enumerate(lines) if timing.fullmatch(line)}
    if not timings and any(line.strip() for line, _ in lines):
        example = (
            "00:00:01,000 --> 00:00:02,500" if timing is _TIMING else "0:00:01.000,0:00:02.500"
        )
        raise DocumentError(f"no line is a timing like {example}")
    numbers = set[int]()
    if timing is _TIMING:
        numbers = {i - 1 for i in timings if i and _NUMBER.fullmatch(lines[i - 1][0])}
    first = min(timings, default=len(lines))
    return {i for i in range(first, len(lines)) if lines[i][0].strip()} - numbers - timings


def _vtt_texts(lines: Sequence[Line]) -> set[int]:
    """Return the indices of lines of text: from a timing to the next blank line or timing."""
    if not _HEADER.fullmatch(lines[0][0]):
        raise DocumentError("the file does not start with WEBVTT")
    arrows = [i for i, (line, _) in enumerate(lines) if "-->" in line]
    timings = sorted(set(arrows) - _comments(lines))
    ends = {*timings, *(i - 1 for i in timings if _NUMBER.fullmatch(lines[i - 1][0]))}
    texts = set[int]()
    for timing in timings:
        end = timing + 1
        while end < len(lines) and end not in ends and lines[end][0].strip():
            end += 1
        cue = [line for line, _ in lines[timing + 1 : end]]
        if not _is_data("\n".join(cue)):
            # Players show the address of a picture as the preview of a film.
            texts |= {i for i, line in enumerate(cue, timing + 1) if not _PICTURE.fullmatch(line)}
    return texts


def _comments(lines: Sequence[Line]) -> set[int]:
    """Return the indices of lines in blocks that are no cues: notes, styles, regions."""
    comments = set[int]()
    for i, (line, _) in enumerate(lines):
        is_first = i > 0 and not lines[i - 1][0].strip() and _NO_CUE.fullmatch(line)
        if is_first or (i - 1 in comments and line.strip()):
            comments.add(i)
    return comments


def _is_data(cue: str) -> bool:
    """Return True for the text of a metadata track, which is JSON for a script."""
    if not cue.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(cue)
    except (ValueError, RecursionError):
        return False
    return True
