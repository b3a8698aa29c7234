"""The test sets, and keeping their sentences out of the training data."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from training.cleaning import bare_words
from training.corpus import (
    CORPUS,
    DIRECTIONS,
    LANGUAGES,
    OTHERS,
    Direction,
    SentencePair,
    read_pairs,
    read_references,
)

EVERYDAY = "everyday"
RUN = 8  # consecutive words that a training sentence may not share with a test sentence

References = dict[Direction, dict[str, list[str]]]


@dataclass(frozen=True)
class TestSet:
    """Sentences of one domain: by direction, each source with its reference translations."""

    __test__ = False  # pytest would take it for tests

    name: str
    references: References


def read_test_sets(folders: Iterable[Path] = (CORPUS,)) -> list[TestSet]:
    """Return the everyday set and every `<domain>.tsv` of the folders, in that order.

    A file has a column per language, named in its first line; cells may be empty. Only directions
    with English are used.
    """
    sets = [TestSet(EVERYDAY, read_references("test"))]
    for folder in folders:
        sets += [_read(path) for path in sorted(folder.glob("*.tsv")) if path.stem != "sheet"]
    return sets


def _read(path: Path) -> TestSet:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    references: References = {}
    for source, target in DIRECTIONS:
        pairs = [(row.get(source), row.get(target)) for row in rows]
        found = {s: [t] for s, t in pairs if s and t}
        if found and "en" in (source, target):
            references[source, target] = found
    if not references:
        raise ValueError(f"{path.name}: no columns of {', '.join(LANGUAGES)}")
    return TestSet(path.stem, references)


class HeldOut:
    """Finds pairs that contain, or nearly contain, a sentence of a test set."""

    def __init__(self, sets: Iterable[TestSet]) -> None:
        """Index the sets; only the English of the everyday set, whose sentences are short.

        A German sentence there may translate several English ones, some of them in training.
        """
        texts = _everyday_english()
        self._runs: set[tuple[str, ...]] = set()
        for test in sets:
            if test.name != EVERYDAY:
                found = {source for sentences in test.references.values() for source in sentences}
                texts |= found
                self._runs.update(run for text in found for run in _runs(bare_words(text)))
        self._texts = {"".join(bare_words(text)) for text in texts} - {""}

    def holds(self, pair: SentencePair) -> bool:
        """Return True if the pair must be left out."""
        for words in map(bare_words, pair):
            if "".join(words) in self._texts or any(run in self._runs for run in _runs(words)):
                return True
        return False


def _runs(words: list[str]) -> Iterator[tuple[str, ...]]:
    """Yield each run of `RUN` consecutive words."""
    if len(words) < RUN:
        return iter(())
    return zip(*(words[start:] for start in range(RUN)), strict=False)


def _everyday_english() -> set[str]:
    return {
        english
        for split in ("dev", "test")
        for language in OTHERS
        for english, _ in read_pairs(split, language)
    }
