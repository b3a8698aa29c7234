"""What people type and the corpus lacks: variants of its pairs, mixed in before training.

Both sides of a pair change together, so that a variant is as good a translation as the pair was.
"""

import random
import re
from collections.abc import Callable, Iterator

from training.corpus import SentencePair
from training.foreign import foreign_phrase, token
from training.names import name

SHORT_WORDS = 2  # sentences of up to so many words also come bare: "Hello" beside "Hello!"
# The names that the volunteers of Tatoeba use, in a third of all sentences.
_STAND_IN = re.compile(r"Tom|Mary|John|Boston")
_NAME = re.compile(rf"\b(?:{_STAND_IN.pattern})\b")
_NUMBER = re.compile(r"\d+")
_FINAL = re.compile(r"\s*[.!?]+$")

Variant = Callable[[SentencePair, random.Random], SentencePair | None]


def variants(
    pair: SentencePair, previous: SentencePair, rng: random.Random
) -> Iterator[SentencePair]:
    """Yield variants of `pair`, each kind as often as its share says.

    `previous` is another pair of the same direction, for what people type two sentences at once.
    """
    for share, variant in _VARIANTS:
        if rng.random() < share:
            changed = variant(pair, rng)
            if changed is not None:
                yield changed
    if rng.random() < 0.05:
        yield f"{previous[0]} {pair[0]}", f"{previous[1]} {pair[1]}"
    if len(pair[0].split()) <= SHORT_WORDS:
        bare = _bare(pair, rng)
        yield from (bare, (bare[0].lower(), bare[1]))


def _bare(pair: SentencePair, _: random.Random) -> SentencePair:
    """Without the final mark, on both sides."""
    return _FINAL.sub("", pair[0]) or pair[0], _FINAL.sub("", pair[1]) or pair[1]


def _lower(pair: SentencePair, _: random.Random) -> SentencePair:
    """Lower case is typed in haste and not meant: the translation keeps its capitals."""
    return pair[0].lower(), pair[1]


def _hasty(pair: SentencePair, rng: random.Random) -> SentencePair:
    return _lower(_bare(pair, rng), rng)


def _upper(pair: SentencePair, _: random.Random) -> SentencePair:
    """Capitals are meant: they stay."""
    return pair[0].upper(), pair[1].upper()


def _renamed(pair: SentencePair, rng: random.Random) -> SentencePair | None:
    """Other names; none where a side inflects one (German "Toms Auto") or leaves one out."""
    if not _same_names(pair):
        return None
    new = {old: name(rng) for old in sorted(set(_NAME.findall(pair[0])))}
    first, second = (_NAME.sub(lambda match: new[match[0]], side) for side in pair)
    return first, second


def _renumbered(pair: SentencePair, rng: random.Random) -> SentencePair | None:
    """Other digits, where both sides have the same numbers; 0 and 1 stay (singular and plural)."""
    numbers = _NUMBER.findall(pair[0])
    if not numbers or sorted(numbers) != sorted(_NUMBER.findall(pair[1])):
        return None
    new = {n: n if n in ("0", "1") else _number(len(n), rng) for n in numbers}
    first, second = (_NUMBER.sub(lambda match: new[match[0]], side) for side in pair)
    return first, second


def _with_token(pair: SentencePair, rng: random.Random) -> SentencePair:
    """A URL, an emoji, a placeholder, a foreign word: after the sentence or before it."""
    extra = token(rng)
    if rng.random() < 0.2:
        return f"{extra} {pair[0]}", f"{extra} {pair[1]}"
    return f"{pair[0]} {extra}", f"{pair[1]} {extra}"


def _token_for_name(pair: SentencePair, rng: random.Random) -> SentencePair | None:
    if len(_NAME.findall(pair[0])) != 1 or not _same_names(pair):
        return None
    extra = token(rng)
    first, second = (_NAME.sub(lambda _: extra, side) for side in pair)
    return first, second


def _same_names(pair: SentencePair) -> bool:
    """Tell whether both sides hold the same names, uninflected, and at least one."""
    first, second = (sorted(_NAME.findall(side)) for side in pair)
    anywhere = [sorted(_STAND_IN.findall(side)) for side in pair]
    return bool(first) and [first, second] == anywhere and first == second


def _foreign(_: SentencePair, rng: random.Random) -> SentencePair:
    """Text in a script that the model does not speak: it comes back as it is."""
    phrase = foreign_phrase(rng)
    return phrase, phrase


def _number(digits: int, rng: random.Random) -> str:
    return str(rng.randint(max(2, 10 ** (digits - 1)), 10**digits - 1))


_VARIANTS: tuple[tuple[float, Variant], ...] = (
    (0.04, _bare),
    (0.03, _lower),
    (0.03, _hasty),
    (0.03, _upper),
    (0.7, _renamed),
    (0.7, _renamed),
    (1.0, _renumbered),
    (0.02, _with_token),
    (0.04, _token_for_name),
    (0.004, _foreign),
)
