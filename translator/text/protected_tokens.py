"""Finds what a translation must contain as it is: the tokens of `token_table`, and symbols.

Models copy such tokens most of the time, but not always; `verify.recovery` keeps them.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache

from translator.models.word_pieces import ALPHABETS
from translator.text.numbers import whole_numbers
from translator.text.spans import Span, overlapping
from translator.text.token_table import MODIFIER, TABLE, UNITS

# A text without any of these has no token of the table: most texts, and it takes microseconds.
_SYMBOL_OR_DIGIT = re.compile(
    r"[0-9_@#$%^&*+=<>\[\]{}|\\~`/\u00a2-\u00a9\u00ac-\u00b4\u00b6-\u00ba\u00bc-\u00be\u00d7\u00f7"
    r"\u200b-\u200f\u202a-\u202e\u2030-\u2037\u203b-\u2bff\u3030\u303d\u3200-\u33ff\ufe00-\ufe0f"
    r"\ufeff\U0001d000-\U000e0fff]"
)
_JOINED = re.compile(  # a capital within a word, and punctuation without a blank after it
    r"[A-Z.:;(-](?:(?<=[a-z][A-Z])|(?<=[.:-])(?=\w)|(?<=-)(?=-)|(?<=[:;])(?=[-)(])|(?<=\()(?=\)))"
)
# Letters of alphabets, blanks and punctuation: no number, symbol, quotation mark or tab; and no
# token unless the pattern above finds something.
_LETTERS_ONLY = re.compile(rf"[A-Za-z{ALPHABETS} ,.!?;:'\u2013\u2014\u2018\u2019\u2026-]*")
# Plain words, numbers, blanks and punctuation are passed over at once, before the kinds are tried,
# and so is the rest of a word that is not plain, after they were: no kind begins within a word.
_END = r"(?=[,;:.!?)\"”’»]*(?:\s|$))"
_PLAIN_NUMBER = rf"[0-9]+(?=[,!?]?\s(?![\d\W]|(?:{UNITS}|[AaPp][Mm]|[ap]\.m|[xX])\b)|[.!?]?$)"
_PLAIN = (
    r"\s+|[\"'“”‘’«»)]+|[.,;:!?…]+(?=\s|$)"
    rf"|(?!{MODIFIER}\b)(?:[A-Za-z]?[a-zß-öø-ÿ]+(?:['’-][a-zß-öø-ÿ]+){{0,3}}|[A-Z]+){_END}"
    rf"|[^\W\d_A-Za-z\u00aa-\u024f]+{_END}"
    rf"|{_PLAIN_NUMBER}"
)
# Many texts with a number have nothing else that could be a token, which takes long to find out.
_LETTERS_AND_NUMBERS = re.compile(
    rf"(?:[A-Za-z{ALPHABETS} ,.!?'\u2019\u2026-]++|(?<!\S){_PLAIN_NUMBER})*+"
)
_REST = r"[A-Za-z]+|[^\W\d_A-Za-z]+|\d+"
_KINDS = {f"k{i}": kind for i, kind in enumerate(TABLE)}
# Not always part of a token, yet as often in a translation as in its source.
QUOTES = re.compile('["“”„«»「」『』]')
SYMBOLS = re.compile(r"[<>{}\[\]()（）［］【】&@#*+=|~\\^_%$€£¥°±×÷§\ufffd\x00-\x08\x0b-\x1f\x7f]")
_SAME = str.maketrans("（）［］【】", "()[][]")
_MAY_BE_ADDED = frozenset("%$€£¥°()")  # "5 percent", "20 degrees"; explanations in parentheses
# Where the numbers and symbols are that normalisation changes.
_MAYBE_CHANGED = re.compile(
    r"[\u00a2-\u00bf\u00d7\u00f7\u2030-\u2bff\u3036-\u303f\u3190-\u33ff\uff00-\uffef"
    r"\U0001d400-\U0001ffff]"
)
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")  # of emoji that consist of several


class ProtectedTokens:
    """Finds tokens; holds no text, so threads may share it."""

    def __init__(self, knows: Callable[[str], bool] = lambda _: True) -> None:
        """`knows` returns whether the vocabulary has pieces for a text."""
        self._knows = knows
        self._knows_cluster = lru_cache(maxsize=4_096)(knows)
        self._is_suspect = lru_cache(maxsize=4_096)(self._may_be_foreign)

    def find(
        self, text: str, excluded: Sequence[Span] = (), *, known: bool | None = None
    ) -> list[Span]:
        """Return the spans of all tokens, in order and without overlaps.

        Spans that overlap the `excluded` ones, such as glossary terms, are left out. `known`: what
        `knows` returns for the text, where the caller knows that.
        """
        spans = table_tokens(text)
        if known is None:
            known = self._knows(text)
        if foreign := list(self._foreign(text, known=known)):
            numbers = whole_numbers(text)  # "$100" is one token if the vocabulary lacks "$"
            whole = dict.fromkeys(overlapping(*span, numbers) or span for span in foreign)
            spans = sorted([*spans, *(s for s in whole if not overlapping(*s, spans))])
        return [span for span in spans if not overlapping(*span, excluded)] if excluded else spans

    def _foreign(self, text: str, *, known: bool) -> Iterator[Span]:
        """Yield runs of letters and symbols that the vocabulary cannot spell, or would change."""
        if known and not any(map(_is_changed, _MAYBE_CHANGED.findall(text))):  # mostly
            return
        if not any(map(self._is_suspect, set(text))):
            return
        start = None
        for position, cluster in [*_clusters(text), (len(text), " ")]:
            foreign = self._is_foreign(cluster)
            if foreign and start is None:
                start = position
            elif not foreign and start is not None:
                if not _is_part_of_latin_word(text, start, position):
                    yield start, position
                start = None

    def _is_foreign(self, cluster: str) -> bool:
        return _is_changed(cluster[0]) or (
            unicodedata.category(cluster[0])[0] in "LS" and not self._knows_cluster(cluster)
        )

    def _may_be_foreign(self, character: str) -> bool:
        """Return True for a character that is foreign, or part of a larger cluster."""
        joins = character in _JOINERS or unicodedata.category(character)[0] == "M"
        return joins or self._is_foreign(character)


def is_plain(text: str) -> bool:
    """Return True if there is surely no token, number, symbol, quotation mark or tab in a text.

    So much of what is to be looked for in a text need not be, nor in a part of it.
    """
    return _LETTERS_ONLY.fullmatch(text) is not None and _JOINED.search(text) is None


def table_tokens(text: str) -> list[Span]:
    """Return the spans of the tokens of the table, in order and without overlaps."""
    if not _JOINED.search(text) and (
        not _SYMBOL_OR_DIGIT.search(text) or _LETTERS_AND_NUMBERS.fullmatch(text)
    ):
        return []
    spans = []
    for match in _token().finditer(text):
        kind = _KINDS.get(match.lastgroup or "")
        if kind is not None and kind.accepts(match[0]):
            spans.append(match.span())
    return spans


@cache
def _token() -> re.Pattern[str]:
    """Return the pattern of all kinds; compiling it takes long, so an import does not."""
    kinds = (f"(?P<{name}>{kind.pattern})" for name, kind in _KINDS.items())
    return re.compile("|".join([_PLAIN, *kinds, _REST]))


def symbols_differ(source: str, translation: str) -> bool:
    """Return True if a symbol occurs more or less often in the translation than in the source.

    Full-width brackets count as the usual ones. Some symbols may be added.
    """
    if not SYMBOLS.search(translation) and not SYMBOLS.search(source):
        return False
    needed, given = _symbols(source), _symbols(translation)
    is_lost = any(given[symbol] < count for symbol, count in needed.items())
    return is_lost or any(symbol not in _MAY_BE_ADDED for symbol in given - needed)


def _symbols(text: str) -> Counter[str]:
    return Counter(SYMBOLS.findall(text.translate(_SAME)))


def _is_changed(character: str) -> bool:
    """Return True for a number or symbol that normalisation (NFKC) replaces: ², ™, ℃."""
    return (
        unicodedata.category(character) in {"No", "So", "Sm", "Nl"}
        and unicodedata.normalize("NFKC", character) != character
    )


def _is_part_of_latin_word(text: str, start: int, end: int) -> bool:
    """Return True for letters within a Latin word, such as an "Ö" that the vocabulary lacks."""
    if not (_is_latin(text[start]) and _is_latin(text[end - 1])):
        return False
    neighbours = text[start - 1 : start] if start else "", text[end : end + 1]
    return any(map(_is_latin, neighbours))


def _is_latin(character: str) -> bool:
    return character.isalpha() and unicodedata.name(character, "").startswith("LATIN")


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Yield positions and grapheme clusters: characters with their marks and joiners."""
    start = 0
    for position in range(1, len(text) + 1):
        joined = position < len(text) and (
            unicodedata.category(text[position])[0] == "M"
            or text[position] in _JOINERS
            or text[position - 1] == "\u200d"
        )
        if not joined and start < position:
            yield start, text[start:position]
            start = position
