"""Finds problems of a translation that are visible without knowing the language.

Every check compares the translation with its source, which may itself be repetitive, long or short.
Pure functions, cheap enough for every segment.
"""

from collections.abc import Sequence

from translator.models.languages import UNSPACED

LOST = "lost_token"
EMPTY = "empty"
REPETITION = "repetition"
UNTRANSLATED = "untranslated"
LENGTH = "length"
CODES = (LOST, EMPTY, REPETITION, UNTRANSLATED, LENGTH)  # worst first

# Letters of an alphabet that correspond to one character of these languages.
_LETTERS_PER_CHARACTER = {"zh": 3.0, "ja": 2.0, "ko": 2.0}
_LONGEST, _LONGEST_OFFSET = 3.0, 24  # times the length of the source, plus letters
_SHORTEST, _SHORTEST_OFFSET = 0.3, 8
_LOOP_WORDS = 4  # words that only repeat the previous ones; "no, no, no" has two
_LOOP_LETTERS = 10  # the same within a word
_MOST_UNIT = 8  # letters in the repeated unit of a loop within a word
_LONG_WORD = _LOOP_LETTERS + 1
_COPIED_WORDS = 3  # distinct and in lower case: "New York Times" and "la la la" may be copied
_COPIED_CHARACTERS = 8  # in languages without spaces


def problems(source: str, translation: str, languages: tuple[str, str]) -> tuple[str, ...]:
    """Return the problems of a translation from and to `languages`, worst first."""
    if not translation.strip():
        return (EMPTY,)
    found = []
    if _repeats(source, translation, languages):
        found.append(REPETITION)
    if _is_copy(source, translation, languages):
        found.append(UNTRANSLATED)
    if _is_outlier(source, translation, languages):
        found.append(LENGTH)
    return tuple(found)


def _repeats(source: str, translation: str, languages: tuple[str, str]) -> bool:
    words = _words(translation, languages[1])
    in_words = _surplus(words, len(words) // 2, _LOOP_WORDS)
    in_letters = _surplus_letters(words)
    if in_words < _LOOP_WORDS and in_letters < _LOOP_LETTERS:
        return False
    source_words = _words(source, languages[0])
    in_source = max(
        _surplus(source_words, len(source_words) // 2, 1), _surplus_letters(source_words)
    )
    return in_words >= _LOOP_WORDS + 2 * in_source or in_letters >= _LOOP_LETTERS + 2 * in_source


def _words(text: str, language: str) -> list[str]:
    """Return the words without punctuation and case; the characters in languages without spaces."""
    folded = text.casefold()
    if language in UNSPACED:
        return [character for character in folded if character.isalnum()]
    return [word for word in map(_stripped, folded.split()) if word]


def _stripped(word: str) -> str:
    """Return a word without the punctuation around it."""
    if word.isalnum():  # most words
        return word
    marks = "".join(character for character in word if not character.isalnum())
    return word.strip(marks)


def _surplus(items: Sequence[str], most: int, least: int) -> int:
    """Return the longest run of items that only repeat the ones before, in units of up to `most`.

    `a b a b a b` has 4. A result below `least` may be returned as 0.
    """
    # n repeated items contain at least n - 2 repeated triples, which are rare outside loops.
    triples = list(zip(items, items[1:], items[2:], strict=False))
    if len(triples) - len(set(triples)) < least - 2:
        return 0
    best = 0
    for unit in range(1, most + 1):
        run = 0
        for before, after in zip(items, items[unit:], strict=False):
            run = run + 1 if before == after else 0
            if run >= unit:
                best = max(best, run - run % unit)
    return best


def _surplus_letters(words: Sequence[str]) -> int:
    """Return the longest run of letters within a word that only repeat those before."""
    return max(
        (_surplus(word, _MOST_UNIT, 1) for word in words if len(word) >= _LONG_WORD), default=0
    )


def _is_copy(source: str, translation: str, languages: tuple[str, str]) -> bool:
    """Return True if the translation is a copy of a source that is more than a name."""
    language, target = languages
    if language == target or source.casefold().strip() != translation.casefold().strip():
        return False
    if language in UNSPACED:
        return sum(map(str.isalpha, source)) >= _COPIED_CHARACTERS
    return len({word for word in source.split() if _is_common(word)}) >= _COPIED_WORDS


def _is_common(word: str) -> bool:
    """Return True for an ordinary word, not for names, code and numbers."""
    stripped = _stripped(word)
    return len(stripped) > 1 and stripped.isalpha() and not stripped[0].isupper()


def _is_outlier(source: str, translation: str, languages: tuple[str, str]) -> bool:
    """Return True if the translation is implausibly long or short."""
    before, after = map(_letters, (source, translation), languages)
    too_long = after > _LONGEST * before + _LONGEST_OFFSET
    too_short = after + _SHORTEST_OFFSET < _SHORTEST * before
    return too_long or too_short


def _letters(text: str, language: str) -> float:
    return len(text.strip()) * _LETTERS_PER_CHARACTER.get(language, 1.0)
