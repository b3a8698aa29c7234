"""Reading prepared files: cleaned on all cores, deduplicated, with boilerplate capped."""

import gzip
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing.pool import Pool
from pathlib import Path

from tqdm import tqdm

from training.cleaning import clean, normalised
from training.corpus import SentencePair
from training.heldout import HeldOut
from training.sources.table import Source

Files = Mapping[Source, Mapping[str, Path]]  # prepared files by source and language

_CHUNK = 2_000
_TRANSLATIONS = 2  # of one English text, ignoring punctuation, digits and case
_OPENING, _OPENINGS = 24, 150  # letters; pairs per source that may share them


@dataclass
class SourceCount:
    """Counts of pairs read, kept and dropped of one source, for the model card."""

    read: int = 0
    kept: int = 0
    words: int = 0  # English words of the pairs kept
    dropped: Counter[str] = field(default_factory=Counter)

    def keep(self, pair: SentencePair) -> None:
        """Count a pair that is kept."""
        self.kept += 1
        self.words += len(pair[0].split())


def read_source(
    pool: Pool, source: Source, language: str, path: Path, held_out: HeldOut, count: SourceCount
) -> Iterator[SentencePair]:
    """Yield the usable pairs of a file; `count` records the others."""
    seen: set[tuple[str, str]] = set()
    translations: Counter[str] = Counter()
    openings: Counter[str] = Counter()
    tasks = ((chunk, language) for chunk in _chunks(path))
    for read, pairs, dropped in pool.imap(_clean_chunk, tqdm(tasks, desc=path.name, unit="chunk")):
        count.read += read
        count.dropped += dropped
        for pair in pairs:
            key = normalised(pair[0])
            opening = key[:_OPENING]
            translations[key] += 1
            openings[opening] += 1
            if pair in seen or translations[key] > _TRANSLATIONS:
                count.dropped["repeated"] += 1
            elif len(key) > _OPENING and openings[opening] > _OPENINGS:
                count.dropped["boilerplate"] += 1
            elif held_out.holds(pair):
                count.dropped["held out"] += 1
            else:
                seen.add(pair)
                count.keep(pair)
                yield pair


def _chunks(path: Path) -> Iterator[list[str]]:
    """Yield the lines of a file in chunks."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        while chunk := list(itertools.islice(lines, _CHUNK)):
            yield chunk


def _clean_chunk(task: tuple[list[str], str]) -> tuple[int, list[SentencePair], Counter[str]]:
    lines, language = task
    pairs: list[SentencePair] = []
    dropped: Counter[str] = Counter()
    for line in lines:
        english, tab, other = line.rstrip("\n").partition("\t")
        if not tab:
            dropped["no tab"] += 1
            continue
        kept, reason = clean((english, other), language)
        pairs += kept
        if reason:
            dropped[reason] += 1
    return len(lines), pairs, dropped
