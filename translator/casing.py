"""ALL CAPS: models have hardly seen it, and spell it out letter by letter."""

_MIN_WORDS = 2  # a single word in capitals may be an acronym


def is_shouted(text: str) -> bool:
    """Return whether all letters that have a case are capitals, in at least two words."""
    if not text.isupper():
        return False
    return sum(any(map(str.isupper, word)) for word in text.split()) >= _MIN_WORDS


def calmed(text: str) -> str:
    """Return shouted text as an ordinary sentence; other text as it is."""
    return text.capitalize() if is_shouted(text) else text


def like(source: str, translation: str) -> str:
    """Return the translation in capitals if its source was shouted."""
    return translation.upper() if is_shouted(source) else translation
