"""What people type and the corpus lacks: variants of its pairs, mixed in before training.

Both sides of a pair change together, so that a variant is as good a translation as the pair was.
"""

import random
import re
from collections.abc import Callable, Iterator

from training.corpus import SentencePair
from training.foreign import foreign_phrase, token

SHORT_WORDS = 2  # sentences of up to so many words also come bare: "Hello" beside "Hello!"
_STAND_IN = "Tom"  # the name that the volunteers of Tatoeba use in every fourth sentence
_NAME = re.compile(rf"\b{_STAND_IN}\b")
_NUMBER = re.compile(r"\d+")
_FINAL = re.compile(r"\s*[.!?]+$")
_SYLLABLES = "an bel dor el far gim ha in jo kal lu mar ne or per qui ra sen to ul vi wei xan yo zu"

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
        yield from (pair, bare, bare, (bare[0].lower(), bare[1]))


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
    """Another name for Tom; none where a side inflects him (German "Toms Auto")."""
    counts = {(len(_NAME.findall(side)), side.count(_STAND_IN)) for side in pair}
    if len(counts) > 1 or any(whole != anywhere or not whole for whole, anywhere in counts):
        return None
    name = _name(rng)
    return _NAME.sub(name, pair[0]), _NAME.sub(name, pair[1])


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
    if any(len(_NAME.findall(side)) != 1 or side.count(_STAND_IN) != 1 for side in pair):
        return None
    extra = token(rng)
    first, second = (side.replace(_STAND_IN, extra) for side in pair)
    return first, second


def _foreign(_: SentencePair, rng: random.Random) -> SentencePair:
    """Text in a script that the model does not speak: it comes back as it is."""
    phrase = foreign_phrase(rng)
    return phrase, phrase


def _name(rng: random.Random) -> str:
    syllables = _SYLLABLES.split()
    parts = (
        "".join(rng.choices(syllables, k=rng.randint(1, 3))) for _ in range(rng.choice((1, 1, 2)))
    )
    return " ".join(part.capitalize() for part in parts)


def _number(digits: int, rng: random.Random) -> str:
    return str(rng.randint(max(2, 10 ** (digits - 1)), 10**digits - 1))


_VARIANTS: tuple[tuple[float, Variant], ...] = (
    (0.04, _bare),
    (0.03, _lower),
    (0.03, _hasty),
    (0.03, _upper),
    (0.15, _renamed),
    (1.0, _renumbered),
    (0.02, _with_token),
    (0.04, _token_for_name),
    (0.004, _foreign),
)
