"""Finds problems of a translation that are visible without knowing the language.

Every check compares the translation with its source, which may itself be repetitive, long or short.
Pure functions, cheap enough for every segment.
"""

import re
import string
from collections.abc import Sequence

from translator.models.languages import is_unspaced, text_language
from translator.models.scripts import script_of, uses
from translator.text.protected_tokens import QUOTES
from translator.text.related import related
from translator.verify.pair import Pair

LOST = "lost_token"
UNCHANGED = "source_kept"
EMPTY = "empty"
SURPLUS = "surplus_token"
REPETITION = "repetition"
LANGUAGE = "other_language"
UNTRANSLATED = "untranslated"
LENGTH = "length"
UNBALANCED = "unbalanced"
PARTS = "in_parts"
CODES = (  # worst first
    LOST, UNCHANGED, EMPTY, SURPLUS, REPETITION, LANGUAGE, UNTRANSLATED, LENGTH, UNBALANCED, PARTS,
)  # fmt: skip

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
_COPIED_RUN = 5  # ordinary words in a row
_LEAST_COMMON = 3  # different words in such a run, which may have one twice
_LEAST_LETTERS = 4  # of a text whose script says something
_PUNCTUATION = string.punctuation + "\u2013\u2014\u2018\u2019\u201c\u201d\u201e\u2026«»¿¡"
_NOT_LATIN = re.compile("[\u0370-\U0010ffff]")
_QUOTES = re.compile('["“”„«»「」『』]')


def problems(pair: Pair, languages: tuple[str, str]) -> tuple[str, ...]:
    """Return the problems of a translation from and to `languages`, worst first."""
    if not pair.words:
        return (EMPTY,)
    found = []
    folded = pair.translation.casefold()
    if _repeats(pair.source, folded, languages):
        found.append(REPETITION)
    if _is_in_other_script(pair, languages[1]):
        found.append(LANGUAGE)
    if _is_copy(pair, folded, languages):
        found.append(UNTRANSLATED)
    if _is_outlier(pair.source, pair.translation, languages):
        found.append(LENGTH)
    if not pair.plain and _lacks_a_quote(pair.source, pair.translation):
        found.append(UNBALANCED)
    return tuple(found)


def _lacks_a_quote(source: str, translation: str) -> bool:
    """Return True if there are fewer quotation marks than in the source, or one is not closed."""
    needed, given = len(QUOTES.findall(source)), len(QUOTES.findall(translation))
    return given < needed or given % 2 > needed % 2


def _is_in_other_script(pair: Pair, target: str) -> bool:
    """Return True if most letters are of a script in which the target is not written.

    Words of the source, such as names, do not count.
    """
    latin = pair.translation.isascii() or not _NOT_LATIN.search(pair.translation)
    if latin and uses(target, "LATIN"):
        return False  # mostly
    own = set(pair.own)
    text = " ".join(word for word in pair.words if word not in own)
    if sum(map(str.isalpha, text)) < _LEAST_LETTERS:
        return False
    return not uses(target, script_of(text))


def _repeats(source: str, folded: str, languages: tuple[str, str]) -> bool:
    """Return True if a translation, without its case, repeats itself more than its source."""
    words = _words(folded, languages[1])
    in_words = _surplus(words, len(words) // 2, _LOOP_WORDS)
    in_letters = _surplus_letters(words, _LOOP_LETTERS)
    if in_words < _LOOP_WORDS and in_letters < _LOOP_LETTERS:
        return False
    source_words = _words(source.casefold(), languages[0])
    in_source = max(
        _surplus(source_words, len(source_words) // 2, 1), _surplus_letters(source_words, 1)
    )
    return in_words >= _LOOP_WORDS + 2 * in_source or in_letters >= _LOOP_LETTERS + 2 * in_source


def _words(folded: str, language: str) -> list[str]:
    """Return the words without punctuation; the characters in languages without spaces."""
    if is_unspaced(language):
        return [character for character in folded if character.isalnum()]
    words = [word if word.isalnum() else _stripped(word) for word in folded.split()]
    return words if all(words) else [word for word in words if word]


def _stripped(word: str) -> str:
    """Return a word without the punctuation around it."""
    bare = word.strip(_PUNCTUATION)
    if bare[:1].isalnum() and bare[-1:].isalnum():
        return bare  # mostly
    marks = "".join(character for character in word if not character.isalnum())
    return word.strip(marks)


def _surplus(items: Sequence[str], most: int, least: int) -> int:
    """Return the longest run of items that only repeat the ones before, in units of up to `most`.

    `a b a b a b` has 4. A result below `least` may be returned as 0.
    """
    if len(items) - len(set(items)) < least:  # items that occurred before
        return 0  # mostly
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


def _surplus_letters(words: Sequence[str], least: int) -> int:
    """Return the longest run of letters within a word that only repeat those before.

    A result below `least` may be returned as 0.
    """
    long = [word for word in words if len(word) >= _LONG_WORD]
    return max((_surplus(word, _MOST_UNIT, least) for word in long), default=0) if long else 0


def _is_copy(pair: Pair, folded: str, languages: tuple[str, str]) -> bool:
    """Return True if the translation is a copy of a source that is more than a name."""
    language, target = languages
    if language == target:
        return False
    if pair.source.casefold().strip() != folded.strip():
        return pair.shared >= _LEAST_COMMON and _copies_a_run(pair, languages)
    if is_unspaced(language):
        return sum(map(str.isalpha, pair.source)) >= _COPIED_CHARACTERS
    return len({word for word in pair.own if _is_common(word)}) >= _COPIED_WORDS


def _copies_a_run(pair: Pair, languages: tuple[str, str]) -> bool:
    """Return True if many ordinary words in a row are those of the source."""
    if any(map(is_unspaced, languages)) or text_language(languages[1]) in related(languages[0]):
        return False
    first, second = (
        {tuple(words[i : i + _COPIED_RUN]) for i in range(len(words) - _COPIED_RUN + 1)}
        for words in (pair.own, pair.words)
    )
    return any(all(map(_is_common, run)) for run in first & second)


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
