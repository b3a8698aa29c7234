"""Augmentation: variants of the corpus's pairs that imitate what people type.

`variants` change both sides together, so each is as good a translation as the original pair, in
either direction. `typed` variants change only the source: a translation should not look hasty.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from training.corpus import SentencePair
from training.foreign import foreign_phrase, token
from training.names import name

JOINED_SHARE = 0.06  # of the pairs are also joined with one to three others
SHORT_WORDS = 2  # sentences of up to this many words also appear bare: "Hello" for "Hello!"
# The names that Tatoeba's volunteers use, in a third of all sentences.
_TATOEBA_NAMES = re.compile(r"Tom|Mary|John|Boston")
_NAME = re.compile(rf"\b(?:{_TATOEBA_NAMES.pattern})\b")
_NUMBER = re.compile(r"\d+")
_FINAL = re.compile(r"\s*[.!?]+$")
_MARKS = re.compile(r"[.,;:!?¡¿\"«»„“”]+")

Variant = Callable[[SentencePair, random.Random], SentencePair | None]


def variants(
    pair: SentencePair, others: Sequence[SentencePair], rng: random.Random
) -> Iterator[SentencePair]:
    """Yield variants of `pair`, each kind with the probability of its share.

    `others` are pairs of the same languages, for variants with several sentences.
    """
    for share, variant in _VARIANTS:
        if rng.random() < share:
            changed = variant(pair, rng)
            if changed is not None:
                yield changed
    if others and rng.random() < JOINED_SHARE:
        several = [*rng.sample(others, min(len(others), rng.randint(1, 3))), pair]
        yield " ".join(one[0] for one in several), " ".join(one[1] for one in several)
    if len(pair[0].split()) <= SHORT_WORDS:
        yield _bare(pair, rng)


def typed(pair: SentencePair, rng: random.Random) -> Iterator[SentencePair]:
    """Yield variants with a source that is hastily typed, differently capitalised or translated."""
    for share, variant in _TYPED:
        if rng.random() < share:
            yield variant(pair, rng)
    if len(pair[0].split()) <= SHORT_WORDS:
        bare = _bare(pair, rng)
        yield bare[0].lower(), bare[1]


def _bare(pair: SentencePair, _: random.Random) -> SentencePair:
    """Remove the final punctuation mark on both sides."""
    return _FINAL.sub("", pair[0]) or pair[0], _FINAL.sub("", pair[1]) or pair[1]


def _lower(pair: SentencePair, _: random.Random) -> SentencePair:
    """Put the source in lower case; the translation keeps its capitals."""
    return pair[0].lower(), pair[1]


def _hasty(pair: SentencePair, _: random.Random) -> SentencePair:
    """Put the source in lower case without punctuation."""
    return " ".join(_MARKS.sub(" ", pair[0]).lower().split()) or pair[0], pair[1]


def _without_accents(pair: SentencePair, _: random.Random) -> SentencePair:
    plain = unicodedata.normalize("NFD", pair[0])
    return "".join(c for c in plain if not unicodedata.combining(c)), pair[1]


def _title(pair: SentencePair, _: random.Random) -> SentencePair:
    """Capitalise each word of the source, as in English headings."""
    return " ".join(word[:1].upper() + word[1:] for word in pair[0].split()), pair[1]


def _wrong_language(pair: SentencePair, _: random.Random) -> SentencePair:
    """Use the target as the source: text already in the target language stays unchanged."""
    return pair[1], pair[1]


def _upper(pair: SentencePair, _: random.Random) -> SentencePair:
    """Put both sides in capitals: those are intended, so the translation keeps them."""
    return pair[0].upper(), pair[1].upper()


def _renamed(pair: SentencePair, rng: random.Random) -> SentencePair | None:
    """Replace names; None if a side inflects one (German "Toms Auto") or omits one."""
    if not _same_names(pair):
        return None
    new = {old: name(rng) for old in sorted(set(_NAME.findall(pair[0])))}
    first, second = (_NAME.sub(lambda match: new[match[0]], side) for side in pair)
    return first, second


def _renumbered(pair: SentencePair, rng: random.Random) -> SentencePair | None:
    """Replace numbers if both sides have the same ones; 0 and 1 stay (singular and plural)."""
    numbers = _NUMBER.findall(pair[0])
    if not numbers or sorted(numbers) != sorted(_NUMBER.findall(pair[1])):
        return None
    new = {n: n if n in ("0", "1") else _number(len(n), rng) for n in numbers}
    first, second = (_NUMBER.sub(lambda match: new[match[0]], side) for side in pair)
    return first, second


def _with_token(pair: SentencePair, rng: random.Random) -> SentencePair:
    """Add a URL, emoji, placeholder or foreign word after the sentence or before it."""
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
    """Return True if both sides contain the same names, uninflected, and at least one."""
    first, second = (sorted(_NAME.findall(side)) for side in pair)
    anywhere = [sorted(_TATOEBA_NAMES.findall(side)) for side in pair]
    return bool(first) and [first, second] == anywhere and first == second


def _foreign(_: SentencePair, rng: random.Random) -> SentencePair:
    """Return text in a script that the model does not know: it stays unchanged."""
    phrase = foreign_phrase(rng)
    return phrase, phrase


def _number(digits: int, rng: random.Random) -> str:
    return str(rng.randint(max(2, 10 ** (digits - 1)), 10**digits - 1))


_VARIANTS: tuple[tuple[float, Variant], ...] = (
    (0.04, _bare),
    (0.02, _upper),
    (0.7, _renamed),
    (0.7, _renamed),
    (1.0, _renumbered),
    (0.02, _with_token),
    (0.04, _token_for_name),
    (0.004, _foreign),
)
_TYPED: tuple[tuple[float, Callable[[SentencePair, random.Random], SentencePair]], ...] = (
    (0.06, _lower),
    (0.06, _hasty),
    (0.04, _without_accents),
    (0.03, _title),
    (0.02, _wrong_language),
)
