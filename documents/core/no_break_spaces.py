"""No-break spaces: models write blanks for them, at which a line may be broken."""

import re

_NO_BREAK = re.compile(r"[\xa0\u202f]")
_MAX_SPACES = 100  # in a block; for each, all of the translation is searched


def restore_no_break_spaces(source: str, translation: str) -> str:
    """Write no-break spaces beside the words, numbers and symbols that have them in the source."""
    words = _NO_BREAK.split(source)
    spaces = _NO_BREAK.findall(source)
    if len(spaces) > _MAX_SPACES or len(_NO_BREAK.findall(translation)) >= len(spaces):
        return translation
    position = 0
    for before, space, after in zip(words, spaces, words[1:], strict=False):
        left, right = before.rsplit(maxsplit=1)[-1:], after.split(maxsplit=1)[:1]
        blank = _find_blank("".join(left), "".join(right), translation, position)
        if blank is not None:
            translation = translation[:blank] + space + translation[blank + 1 :]
            position = blank + 1
    return translation


def _find_blank(left: str, right: str, text: str, position: int) -> int | None:
    """Return the position of a blank between the two, after a number or before a whole word."""
    patterns = []
    if left and right:
        patterns.append(rf"{re.escape(left)}( ){re.escape(right)}(?!\w)")
    if any(map(str.isdigit, left)):
        patterns.append(rf"(?<!\w){re.escape(left)}( )")
    if right:
        patterns.append(rf"( ){re.escape(right)}(?!\w)")
    for pattern in patterns:
        found = re.compile(pattern).search(text, position)
        if found is not None:
            return found.start(1)
    return None
