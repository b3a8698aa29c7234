"""Which of the two Chinese scripts a text is in, where a model has both."""

_SIMPLIFIED, _TRADITIONAL = "zho_Hans", "zho_Hant"
CHINESE = (_SIMPLIFIED, _TRADITIONAL)


def chinese(text: str) -> str:
    """Return FLORES-200's code of the script that most of the characters in one script only are in.

    A character that the character set of mainland China (GB 2312) lacks and Taiwan's (Big5) has is
    traditional, and the other way round. Without such characters, the answer is simplified.
    """
    return _TRADITIONAL if sum(map(_vote, text)) < 0 else _SIMPLIFIED


def _vote(character: str) -> int:
    if character.isascii():
        return 0
    return _is_in(character, "gb2312") - _is_in(character, "big5")


def _is_in(character: str, character_set: str) -> bool:
    try:
        character.encode(character_set)
    except UnicodeEncodeError:
        return False
    return True
