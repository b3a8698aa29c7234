"""What must come out of a translation as it went in: URLs, placeholders, numbers, foreign words.

A model copies such tokens most of the time, not always. So each translation is checked, and a
segment that lost one is translated again in the parts around it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache

_VERBATIM = re.compile(
    r"""
      (?:https?://|www\.)[^\s<>"]*[^\s<>".,;:!?)\]}]  # URLs, without the mark that ends a sentence
    | [\w.+-]+@[\w-]+(?:\.[\w-]+)+                     # e-mail addresses
    | \{\{[^{}\n]*\}\} | \{[^{}\s]*\}                  # {{name}}, {name}, {}
    | %\([^)\s]+\)[sdf] | %(?:\d+\$)?[sdf]\b           # %(name)s, %1$s, %d
    | \$\{\w+\} | \$[A-Za-z_]\w*                       # ${name}, $name
    | `[^`\n]+`                                        # code
    | </?[A-Za-z][^<>\n]*>                             # tags
    """,
    re.VERBOSE,
)
# With separators of thousands, decimals and hours, which languages write differently.
_NUMBER = re.compile(r"\d+(?:[.,:’'\u00a0\u2009\u202f]\d+)*")
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")  # of emoji that consist of several
_MIN_DIGITS = 2  # "3" may rightly become "three"

Span = tuple[int, int]


class Protection:
    """Finds what a translation lost; holds no text, so threads may share it."""

    def __init__(self, knows: Callable[[str], bool]) -> None:
        """`knows` tells whether the vocabulary can spell a character."""
        self._knows = knows
        self._knows_cluster = lru_cache(maxsize=4_096)(knows)

    def lost(self, source: str, translation: str) -> list[Span]:
        """Return where in `source` the tokens are that `translation` lacks, in order."""
        left = translation
        verbatim = self._verbatim(source)
        spans = []
        for start, end in verbatim:
            before, found, after = left.partition(source[start:end])
            if found:
                left = f"{before} {after}"  # a token twice in the source is wanted twice
            else:
                spans.append((start, end))
        return sorted(spans + _lost_numbers(source, left, verbatim))

    def _verbatim(self, text: str) -> list[Span]:
        """Return what must come back letter by letter, in order and without overlaps."""
        spans = [match.span() for match in _VERBATIM.finditer(text)]
        spans += [
            (start, end)
            for start, end in self._foreign(text)
            if not any(start < last and first < end for first, last in spans)
        ]
        return sorted(spans)

    def _foreign(self, text: str) -> Iterator[Span]:
        """Yield runs of letters and symbols that the vocabulary cannot spell."""
        if self._knows(text):  # nearly always; one call instead of one a character
            return
        start = None
        for position, cluster in _clusters(text):
            foreign = unicodedata.category(cluster[0])[0] in "LS" and not self._knows_cluster(
                cluster
            )
            if foreign and start is None:
                start = position
            elif not foreign and start is not None:
                yield start, position
                start = None
        if start is not None:
            yield start, len(text)


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Yield characters with the marks and joiners that belong to them, and their positions."""
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


def _lost_numbers(source: str, translation: str, taken: list[Span]) -> list[Span]:
    """Return the numbers of `source` outside `taken` whose digits `translation` lacks."""
    available = Counter(_digits(match[0]) for match in _NUMBER.finditer(translation))
    spans = []
    for match in _NUMBER.finditer(source):
        digits = _digits(match[0])
        inside = any(start <= match.start() < end for start, end in taken)
        if len(digits) < _MIN_DIGITS or inside:
            continue
        if available[digits]:
            available[digits] -= 1
        else:
            spans.append(match.span())
    return spans


def _digits(number: str) -> str:
    return "".join(filter(str.isdigit, number))
