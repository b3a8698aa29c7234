"""Word pairs extracted from the corpus: people first try a translator with single words."""

import re
from collections import Counter
from collections.abc import Sequence

from training.corpus import SentencePair

MIN_TOGETHER = 10  # sentence pairs that contain both words
MIN_DICE = 0.5
_WORD = re.compile(r"[^\W\d_]{2,}(?:-[^\W\d_]+)*")


def word_pairs(pairs: Sequence[SentencePair]) -> list[SentencePair]:
    """Return words that are each other's best match by Dice's coefficient of co-occurrence.

    Dice (1945), used for word translation by Smadja, McKeown and Hatzivassiloglou (1996):
    `2 · together / (source + target)`, counted in sentence pairs.
    """
    sources, targets, together = Counter[str](), Counter[str](), Counter[SentencePair]()
    for source, target in pairs:
        left, right = _words(source), _words(target)
        sources.update(left)
        targets.update(right)
        together.update((s, t) for s in left for t in right)
    forward: dict[str, tuple[float, str]] = {}
    backward: dict[str, tuple[float, str]] = {}
    for (source, target), count in together.items():
        dice = 2 * count / (sources[source] + targets[target])
        if count >= MIN_TOGETHER and dice >= MIN_DICE:
            forward[source] = max(forward.get(source, (0.0, "")), (dice, target))
            backward[target] = max(backward.get(target, (0.0, "")), (dice, source))
    spelling = _spellings(pairs)
    return [
        (spelling.get(source, source), spelling.get(target, target))
        for source, (_, target) in forward.items()
        if backward[target][1] == source
    ]


def _words(sentence: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(sentence)}


def _spellings(pairs: Sequence[SentencePair]) -> dict[str, str]:
    """Return each word's most common spelling inside sentences, where case is significant."""
    counts: Counter[str] = Counter()
    for pair in pairs:
        for side in pair:
            counts.update(_WORD.findall(side.partition(" ")[2]))
    return {word.lower(): word for word, _ in reversed(counts.most_common())}
