"""Tokens that must survive translation unchanged: URLs, placeholders, numbers, emoji, names.

Models copy such tokens most of the time, but not always. So each translation is checked; `recovery`
decides what to do about lost tokens.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

_VERBATIM = re.compile(
    r"""
      (?:https?://|www\.)[^\s<>"]*[^\s<>".,;:!?)\]}]  # URLs, without trailing punctuation
    | [\w.+-]+@[\w-]+(?:\.[\w-]+)+                     # e-mail addresses
    | \{\{[^{}\n]*\}\} | \{[^{}\s]*\}                  # {{name}}, {name}, {}
    | %\([^)\s]+\)[sdf] | %(?:\d+\$)?(?:\.\d)?[sdf]\b | %@  # %(name)s, %1$s, %d, %.2f
    | \$\{\w+\} | \$[A-Za-z_]\w* | \$\d(?![\d.,]*\d)    # ${name}, $name, $1, but not $100
    | `[^`\n]+`                                        # code
    | </?[A-Za-z][^<>\n]*> | </?\d+/?>                 # tags
    """,
    re.VERBOSE,
)
# With separators of thousands, decimals and hours, which differ between languages.
_NUMBER = re.compile(r"\d+(?:[.,:’'\u00a0\u2009\u202f]\d+)*")
_EMOJI = re.compile(
    "[\u2600-\u27bf\u2b50-\u2b55\U0001f000-\U0001faff]"
)  # whether or not the vocabulary has them
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")  # of emoji that consist of several
_TOKEN_CHARACTER = re.compile("[A-Za-z0-9_/@]")  # not letters of scripts without spaces
_MIN_DIGITS = 2  # "3" may rightly become "three"

Span = tuple[int, int]


class ProtectedTokens:
    """Finds tokens that a translation lost; holds no text, so threads may share it."""

    def __init__(self, knows: Callable[[str], bool]) -> None:
        """`knows` returns whether the vocabulary has pieces for a text."""
        self._knows = knows
        self._knows_cluster = lru_cache(maxsize=4_096)(knows)

    def lost(self, source: str, translation: str, excluded: Sequence[Span] = ()) -> list[Span]:
        """Return the spans of tokens in `source` that `translation` lacks, in order.

        Spans that overlap the `excluded` ones, such as glossary terms, are not checked.
        """
        remaining = translation
        verbatim = self.verbatim(source, excluded)
        spans = []
        for start, end in verbatim:
            position = _find(remaining, source, start, end)
            if position is None:
                spans.append((start, end))
            else:  # a token that occurs twice in the source must occur twice
                remaining = f"{remaining[:position]} {remaining[position + end - start :]}"
        return sorted(spans + _lost_numbers(source, remaining, [*verbatim, *excluded]))

    def verbatim(self, text: str, excluded: Sequence[Span] = ()) -> list[Span]:
        """Return the spans that must be copied exactly, in order and without overlaps."""
        spans = [match.span() for match in _VERBATIM.finditer(text)]
        spans = [span for span in spans if not _overlaps(span, excluded)]
        spans += [s for s in self._foreign(text) if not _overlaps(s, [*spans, *excluded])]
        return sorted(spans)

    def _foreign(self, text: str) -> Iterator[Span]:
        """Yield runs of emoji, and of letters and symbols that the vocabulary cannot spell."""
        if self._knows(text) and not _EMOJI.search(text):  # nearly always
            return
        start = None
        for position, cluster in [*_clusters(text), (len(text), " ")]:
            foreign = bool(_EMOJI.match(cluster)) or (
                unicodedata.category(cluster[0])[0] in "LS" and not self._knows_cluster(cluster)
            )
            if foreign and start is None:
                start = position
            elif not foreign and start is not None:
                if not _is_part_of_latin_word(text, start, position):
                    yield start, position
                start = None


def _is_part_of_latin_word(text: str, start: int, end: int) -> bool:
    """Return True for letters within a Latin word, such as an "Ö" that the vocabulary lacks."""
    if not (_is_latin(text[start]) and _is_latin(text[end - 1])):
        return False
    neighbours = text[start - 1 : start] if start else "", text[end : end + 1]
    return any(map(_is_latin, neighbours))


def _is_latin(character: str) -> bool:
    return character.isalpha() and unicodedata.name(character, "").startswith("LATIN")


def _overlaps(span: Span, others: Iterable[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def _find(text: str, source: str, start: int, end: int) -> int | None:
    """Return where the token `source[start:end]` is in `text`; None if it is not.

    An occurrence within a longer token does not count, such as "a.org" in "a.orgs", unless the
    source continues in the same way.
    """
    token, before, after = source[start:end], source[start - 1 : start], source[end : end + 1]
    position = text.find(token)
    while position >= 0:
        stop = position + len(token)
        left, right = text[position - 1 : position] if position else "", text[stop : stop + 1]
        if (left == before or not _extends(left, token[0])) and (
            right == after or not _extends(right, token[-1])
        ):
            return position
        position = text.find(token, position + 1)
    return None


def _extends(neighbour: str, end: str) -> bool:
    """Return True if a neighbouring character makes a token a different one."""
    return (end.isalnum() or end == "/") and bool(_TOKEN_CHARACTER.match(neighbour))


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


def _lost_numbers(source: str, translation: str, excluded: list[Span]) -> list[Span]:
    """Return the numbers of `source` outside `excluded` whose digits `translation` lacks."""
    available = Counter(_digits(match[0]) for match in _NUMBER.finditer(translation))
    spans = []
    for match in _NUMBER.finditer(source):
        digits = _digits(match[0])
        if len(digits) < _MIN_DIGITS or _overlaps(match.span(), excluded):
            continue
        if available[digits]:
            available[digits] -= 1
        else:
            spans.append(match.span())
    return spans


def _digits(number: str) -> str:
    """Return the digits of a number in ASCII, whatever script they are in."""
    return "".join(str(unicodedata.digit(c)) for c in number if c.isdigit())
