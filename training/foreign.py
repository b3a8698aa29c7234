"""Text that a translation keeps unchanged: URLs, placeholders, emoji, words in other scripts."""

import random

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORDS = (
    "api app blog data docs file home image index info login main news page report shop test user"
)
_SCRIPTS = (  # first and last code point of a run of letters, and the usual length of a word
    (0x03B1, 0x03C9, 6),  # Greek
    (0x0430, 0x044F, 6),  # Cyrillic
    (0x05D0, 0x05EA, 5),  # Hebrew
    (0x0627, 0x063A, 5),  # Arabic
    (0x0905, 0x0939, 4),  # Devanagari
    (0x0E01, 0x0E2E, 5),  # Thai
    (0x10D0, 0x10F0, 5),  # Georgian
    (0x3042, 0x3093, 4),  # Hiragana
    (0x30A2, 0x30F3, 4),  # Katakana
    (0x4E00, 0x9FA0, 2),  # Chinese characters
    (0xAC00, 0xD7A0, 3),  # Hangul
)
_EMOJI = ((0x1F300, 0x1F5FF), (0x1F600, 0x1F64F), (0x1F680, 0x1F6C5), (0x1F900, 0x1F9FF))


def token(rng: random.Random) -> str:
    """Return a token that is not a word of the model's languages."""
    return rng.choice((_url, _email, _emoji, _emoji, _placeholder, _handle, _foreign_word))(rng)


def foreign_phrase(rng: random.Random) -> str:
    """Return one to four words in one foreign script, sometimes with a final punctuation mark."""
    first, last, length = rng.choice(_SCRIPTS)
    words = [_letters(first, last, length, rng) for _ in range(rng.randint(1, 4))]
    return " ".join(words) + rng.choice(("", "", ".", "!", "?"))


def _foreign_word(rng: random.Random) -> str:
    return _letters(*rng.choice(_SCRIPTS), rng)


def _letters(first: int, last: int, length: int, rng: random.Random) -> str:
    return "".join(
        chr(rng.randint(first, last)) for _ in range(max(1, length + rng.randint(-2, 2)))
    )


def _emoji(rng: random.Random) -> str:
    return "".join(chr(rng.randint(*rng.choice(_EMOJI))) for _ in range(rng.choice((1, 1, 1, 2))))


def _url(rng: random.Random) -> str:
    path = "/".join(_word(rng) for _ in range(rng.randint(0, 2)))
    host = f"{rng.choice(('', 'www.'))}{_word(rng)}.{rng.choice(('com', 'org', 'net', 'de', 'io'))}"
    return f"{rng.choice(('https://', 'https://', 'http://', ''))}{host}{'/' if path else ''}{path}"


def _email(rng: random.Random) -> str:
    return f"{_word(rng)}@{_word(rng)}.{rng.choice(('com', 'org', 'de', 'fr'))}"


def _placeholder(rng: random.Random) -> str:
    form = rng.choice(("{%s}", "{{%s}}", "<%s>", "%%%s", "$%s", "`%s()`", "__%s__"))
    return form % rng.choice((_word(rng), rng.choice("sdf123")))


def _handle(rng: random.Random) -> str:
    return rng.choice("@#") + _word(rng)


def _word(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return rng.choice(_WORDS.split())
    return "".join(rng.choices(_LETTERS, k=rng.randint(3, 8)))
