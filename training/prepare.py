"""From text to ids: reads, cleans and writes every source as parts of its domain."""

import json
import multiprocessing
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from multiprocessing.pool import Pool
from pathlib import Path
from zlib import crc32

from tqdm import tqdm

from training import examples
from training.cleaning import normalised
from training.corpus import OTHERS, PIVOT, SentencePair, read_directions, read_pairs
from training.dictionary import word_pairs
from training.examples import Example
from training.heldout import EVERYDAY, HeldOut, read_test_sets
from training.reading import SourceCount, read_source
from training.sources.table import Source
from training.store import TYPED, WITH_ENGLISH, WITHOUT_ENGLISH, PairStore, Part, StoreWriter
from translator.models.tokenizer import Tokenizer

PHRASEBOOK, WORDS = "phrasebook", "words"
TATOEBA = "tatoeba"
MAX_TOKENS = 128  # per side
VALIDATION = "validation"  # folder of the validation pairs
COUNTS_FILE = "counts.json"
_VALIDATION_EVERY, _VALIDATION_PAIRS = 400, 50  # one in so many texts; at most, per language
_CHUNK = 5_000

Pairs = dict[str, list[SentencePair]]
_tokenizer: Tokenizer  # of this worker process


def prepare(
    tokenizer: Tokenizer, files: Mapping[Source, Mapping[str, Path]], folder: Path
) -> dict[str, SourceCount]:
    """Write all parts to `folder`, the validation pairs to a subfolder, and the counts.

    `files` has the prepared files of each source by language. Only the texts of one domain are in
    memory at a time, and no ids. The counts are written last: if they exist, everything does.
    """
    (folder / VALIDATION).mkdir(parents=True, exist_ok=True)
    held_out = HeldOut(read_test_sets())
    counts: dict[str, SourceCount] = defaultdict(SourceCount)
    by_domain: dict[str, list[Source]] = defaultdict(list)
    for source in files:
        by_domain[source.domain].append(source)
    with worker_pool(tokenizer) as pool:
        implied = _write_everyday(pool, folder, held_out, counts[TATOEBA])
        for domain in sorted({*by_domain, WORDS}):
            pairs: Pairs = implied if domain == WORDS else {}
            for source in by_domain[domain]:
                for language, path in files[source].items():
                    found = read_source(pool, source, language, path, held_out, counts[source.name])
                    pairs.setdefault(language, []).extend(found)
            _write_domain(pool, folder, domain, pairs)
    text = json.dumps({name: vars(count) for name, count in counts.items()}, indent=1)
    (folder / COUNTS_FILE).write_text(text + "\n")
    return counts


def _write_everyday(pool: Pool, folder: Path, held_out: HeldOut, count: SourceCount) -> Pairs:
    """Write the parts of Tatoeba and the phrasebook; return word pairs from the sentences."""
    pairs: Pairs = {}
    for language in OTHERS:
        pairs[language] = []
        for pair in read_pairs("train", language):
            count.read += 1
            if held_out.holds(pair):
                count.dropped["held out"] += 1
            else:
                pairs[language].append(pair)
                count.keep(pair)
    joined = {
        (first, second): [pair for pair in found if not held_out.holds(pair)]
        for (first, second), found in read_directions("train").items()
        if PIVOT not in (first, second) and first < second
    }
    validation = (
        (PIVOT, english, language, other)
        for language in OTHERS
        for english, other in read_pairs("dev", language)[:_VALIDATION_PAIRS]
    )
    _write(pool, folder, Part(EVERYDAY, WITH_ENGLISH), examples.with_english(pairs))
    _write(pool, folder, Part(EVERYDAY, WITHOUT_ENGLISH), examples.joined(joined))
    _write(pool, folder, Part(EVERYDAY, TYPED), examples.typed_ones(pairs))
    _write(pool, folder / VALIDATION, Part(EVERYDAY, WITH_ENGLISH), validation)
    _write(pool, folder, Part(PHRASEBOOK, TYPED), examples.phrasebook())
    return {language: word_pairs(found) for language, found in pairs.items()}


def _write_domain(pool: Pool, folder: Path, domain: str, pairs: Pairs) -> None:
    kept: Pairs = {}
    validation: list[Example] = []
    for language, found in pairs.items():
        apart = [pair for pair in found if _is_apart(pair)]
        kept[language] = [pair for pair in found if not _is_apart(pair)]
        validation += [(PIVOT, e, language, o) for e, o in apart[:_VALIDATION_PAIRS]]
    _write(pool, folder / VALIDATION, Part(domain, WITH_ENGLISH), validation)
    if domain == WORDS:
        parts = {WITH_ENGLISH: examples.words(kept), TYPED: examples.typed_words(kept)}
    else:
        parts = {
            WITH_ENGLISH: examples.with_english(kept),
            WITHOUT_ENGLISH: examples.without_english(kept),
            TYPED: examples.typed_ones(kept),
        }
    for kind, shown in parts.items():
        _write(pool, folder, Part(domain, kind), shown)


def _is_apart(pair: SentencePair) -> bool:
    """Return True if a pair is for validation: by its English text, so that languages agree."""
    return crc32(normalised(pair[0]).encode()) % _VALIDATION_EVERY == 0


def _write(pool: Pool, folder: Path, part: Part, found: Iterable[Example]) -> None:
    bar = tqdm(desc=part.name, unit="pair", unit_scale=True)
    with bar, StoreWriter(folder, part.name) as writer:
        for store in pool.imap(_encode, _chunks(found)):
            writer.add(store)
            bar.update(len(store))


def _chunks(found: Iterable[Example]) -> Iterator[list[Example]]:
    iterator = iter(found)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk


@contextmanager
def worker_pool(tokenizer: Tokenizer) -> Iterator[Pool]:
    """Run one process per core for cleaning and encoding; forked, they share the tokenizer.

    When all is well they end by themselves: `Pool.terminate` may wait for ever for a process that
    the pool has just started in the place of another.
    """
    pool = multiprocessing.get_context("fork").Pool(None, _start, (tokenizer,))
    try:
        yield pool
        pool.close()
    except BaseException:
        pool.terminate()
        raise
    finally:
        pool.join()


def _start(tokenizer: Tokenizer) -> None:
    global _tokenizer  # noqa: PLW0603 - one per worker process
    _tokenizer = tokenizer


def _encode(chunk: Sequence[Example]) -> PairStore:
    runs: list[list[int]] = []
    for first, one, second, other in chunk:
        sides = _tokenizer.encode(one, first), _tokenizer.encode(other, second)
        if max(map(len, sides)) <= MAX_TOKENS:
            runs += sides
    return PairStore.of(runs)
