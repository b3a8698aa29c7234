r"""Advanced SubStation Alpha (.ass, .ssa): the text of dialogue is translated.

Styles, comments, times, override blocks such as `{\i1}`, drawings and karaoke stay.
"""

import re
from collections.abc import Iterator

from documents.core.legacy_encodings import decode_legacy
from documents.core.limits import DIALOGUE
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds, gather_each
from documents.core.spans import Item, Mark, Text
from documents.core.text_ranges import apply_edits
from documents.subtitles.cue_text import CueFormat, Line, groups, replace_cues, translate_cue

_LINE = re.compile(r"[^\r\n]+")
_SECTION = re.compile(r"\s*\[[^\]]*\]\s*")
_FIELDS = 10  # of dialogue, unless the section says otherwise
_BREAK = "\\N"
_PART = re.compile(r"(\{[^{}]*\}|\\[nh])")
_TOGGLE = re.compile(r"\{\\([bius])([01])\}")
_DRAWING = re.compile(r"\{[^{}]*\\p[1-9]")
_KARAOKE = re.compile(r"\{[^{}]*\\[kK][fot]?\d")
_GENERATED = frozenset({"fx", "karaoke"})  # effects of lines that a program has made


def translate_ass(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file; raise `DocumentError` if it has no events."""
    encoding, text = decode_legacy(data, options.source)
    DIALOGUE.check_pieces(text.count(_BREAK))
    ranges = list(_dialogue(text))
    translations = yield from gather_each(lambda place: _translate(text[slice(*place)]), ranges)
    edits = [(*place, new) for place, new in zip(ranges, translations, strict=True)]
    return encoding.encode(apply_edits(text, edits))


def _dialogue(text: str) -> Iterator[tuple[int, int]]:
    """Yield the range of the text of each line of dialogue."""
    in_events = found = False
    fields, effect = _FIELDS, _FIELDS - 2
    for line in _LINE.finditer(text):
        kind, colon, values = line[0].partition(":")
        kind = kind.strip().lower()
        if _SECTION.fullmatch(line[0]):
            in_events = line[0].strip().lower() == "[events]"
            found |= in_events
        elif in_events and colon and kind == "format":
            names = [name.strip().lower() for name in values.split(",")]
            fields = len(names)
            effect = names.index("effect") if "effect" in names else -1
        elif in_events and colon and kind == "dialogue":
            parts = values.split(",", fields - 1)
            is_generated = 0 <= effect < len(parts) and parts[effect].strip() in _GENERATED
            if len(parts) == fields and not is_generated and not _KARAOKE.search(parts[-1]):
                yield line.end() - len(parts[-1]), line.end()
    if not found and text.strip():
        raise DocumentError("the file has no section [Events]")


def _translate(text: str) -> Rounds[str]:
    """Translate the text of one line of dialogue, which may be shown on several."""
    shown = text.split(_BREAK)
    lines: list[Line] = [*((line, _BREAK) for line in shown[:-1]), (shown[-1], "")]
    texts = {i for i, line in enumerate(shown) if line.strip() and not _DRAWING.search(line)}
    ranges = list(groups(lines, texts))
    cues = yield from gather_each(
        lambda place: translate_cue(lines[slice(*place)], _FORMAT), ranges
    )
    return replace_cues(lines, ranges, cues)


def _items(line: str) -> Iterator[Item]:
    for number, part in enumerate(_PART.split(line)):
        if number % 2 == 0:
            if part:
                yield Text(part, part)
        elif part[0] == "\\":
            yield Text(part, " " if part == "\\n" else "\xa0")
        elif toggle := _TOGGLE.fullmatch(part):
            yield Mark(part, "open" if toggle[2] == "1" else "close", toggle[1])
        else:
            yield Mark(part)


_FORMAT = CueFormat(_items, str, "{}\\")
