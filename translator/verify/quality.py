"""What is wrong with a translation that can be seen without knowing the language.

Every check compares the translation with its source: what repeats itself, is very long or empty
there may be so here. Pure functions, cheap enough for every segment.
"""

from collections.abc import Sequence

from translator.models.languages import UNSPACED

LOST = "lost_token"
EMPTY = "empty"
REPETITION = "repetition"
UNTRANSLATED = "untranslated"
LENGTH = "length"
CODES = (LOST, EMPTY, REPETITION, UNTRANSLATED, LENGTH)  # the worst first

# Letters of an alphabet that carry as much as one character of these languages.
_LETTERS_PER_CHARACTER = {"zh": 3.0, "ja": 2.0, "ko": 2.0}
_LONGEST, _LONGEST_OFFSET = 3.0, 24  # times as long as the source, and so many letters more
_SHORTEST, _SHORTEST_OFFSET = 0.3, 8
_LOOP_WORDS = 4  # words that do nothing but repeat the ones before; "no, no, no" has two
_LOOP_LETTERS = 10  # the same within a word
_MOST_UNIT = 8  # letters that a loop within a word repeats
_LONG_WORD = _LOOP_LETTERS + 1
_COPIED_WORDS = 3  # different ones, with a small letter: "New York Times" stays, so does "la la la"
_COPIED_CHARACTERS = 8  # of a language without spaces


def problems(source: str, translation: str, languages: tuple[str, str]) -> tuple[str, ...]:
    """Return what is wrong with a translation from and to `languages`, the worst first."""
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
    said = _words(source, languages[0])
    usual = max(_surplus(said, len(said) // 2, 1), _surplus_letters(said))
    return in_words >= _LOOP_WORDS + 2 * usual or in_letters >= _LOOP_LETTERS + 2 * usual


def _words(text: str, language: str) -> list[str]:
    """Return the words without punctuation and case; characters where words are not marked."""
    folded = text.casefold()
    if language in UNSPACED:
        return [character for character in folded if character.isalnum()]
    return [word for word in map(_bare, folded.split()) if word]


def _bare(word: str) -> str:
    """Return a word without the punctuation around it."""
    if word.isalnum():  # most words
        return word
    marks = "".join(character for character in word if not character.isalnum())
    return word.strip(marks)


def _surplus(items: Sequence[str], most: int, least: int) -> int:
    """Return how many items in a row only repeat what is before them, in units of up to `most`.

    `a b a b a b` has 4. Less than `least` may be given as 0.
    """
    # `n` items that repeat others are at least n - 2 triples that do: rare outside loops.
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
    """Return the most letters within a word that only repeat those before them."""
    return max(
        (_surplus(word, _MOST_UNIT, 1) for word in words if len(word) >= _LONG_WORD), default=0
    )


def _is_copy(source: str, translation: str, languages: tuple[str, str]) -> bool:
    """Tell whether the text came back as it was, although it is more than a name."""
    language, target = languages
    if language == target or source.casefold().strip() != translation.casefold().strip():
        return False
    if language in UNSPACED:
        return sum(map(str.isalpha, source)) >= _COPIED_CHARACTERS
    return len({word for word in source.split() if _is_common(word)}) >= _COPIED_WORDS


def _is_common(word: str) -> bool:
    """Tell whether it is a word, and no name: code, numbers and capitals are not."""
    bare = _bare(word)
    return len(bare) > 1 and bare.isalpha() and not bare[0].isupper()


def _is_outlier(source: str, translation: str, languages: tuple[str, str]) -> bool:
    """Tell whether the translation is much longer or shorter than translations become."""
    before, after = map(_letters, (source, translation), languages)
    too_long = after > _LONGEST * before + _LONGEST_OFFSET
    too_short = after + _SHORTEST_OFFSET < _SHORTEST * before
    return too_long or too_short


def _letters(text: str, language: str) -> float:
    return len(text.strip()) * _LETTERS_PER_CHARACTER.get(language, 1.0)
