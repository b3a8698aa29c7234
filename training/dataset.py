"""Sentence pairs as token ids, and batches of them with a fixed token budget."""

import itertools
import os
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from training.augmentation import variants
from training.corpus import PIVOT, SentencePair, read_directions
from training.dictionary import word_pairs
from training.phrasebook import phrases
from translator.tokenizer import Tokenizer

MAX_TOKENS = 96  # a side; longer pairs are left out: they are under 0.1 % and slow every step
PHRASE_REPEATS = 6  # of each way to write the phrasebook: a twentieth of the pairs
WORD_REPEATS = 5  # of each way to write the word pairs: they are a small share of the tokens
PIVOT_REPEATS = 2  # of pairs without English: 12 of 20 directions, but a third of the corpus
SORT_WINDOW = 50_000  # pairs sorted by length together; larger windows pad less, shuffle less


@dataclass(frozen=True)
class Batch:
    """Padded ids: `source [n, S]`, `source_mask [n, S]`, `decoder [n, T]`, `labels [n, T]`."""

    source: Tensor
    source_mask: Tensor
    decoder: Tensor
    labels: Tensor
    pairs: int


@dataclass(frozen=True)
class PairDataset:
    """Ids of all pairs, flat: pair i is `tokens[offsets[2i]:offsets[2i+1]]` → the run after it.

    Both runs are `__language__ … </s>`, as the encoder reads and the decoder writes them.
    """

    tokens: np.ndarray  # int32 [total]
    offsets: np.ndarray  # int64 [2 · pairs + 1]
    pad: int
    eos: int

    def __len__(self) -> int:
        return len(self.offsets) // 2

    def save(self, path: Path) -> None:
        """Write the file at once, so that an interrupt leaves none rather than half of it."""
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, tokens=self.tokens, offsets=self.offsets, pad=self.pad, eos=self.eos)
        os.replace(partial, path)

    @classmethod
    def load(cls, path: Path) -> "PairDataset":
        with np.load(path) as data:
            return cls(data["tokens"], data["offsets"], int(data["pad"]), int(data["eos"]))

    def batches(self, tokens: int, seed: int, epoch: int) -> list[np.ndarray]:
        """Return pair indices per batch; `tokens` bounds pairs × (longest source + longest target).

        The same arguments give the same batches in the same order, which is what makes
        a resumed run equal to an uninterrupted one.
        """
        rng = np.random.default_rng((seed, epoch))
        order = rng.permutation(len(self))
        lengths = np.diff(self.offsets).reshape(-1, 2)
        result: list[np.ndarray] = []
        for start in range(0, len(order), SORT_WINDOW):
            window = order[start : start + SORT_WINDOW]
            window = window[np.lexsort((lengths[window, 0], lengths[window, 1]))]
            result.extend(_cut(window, lengths, tokens))
        return [result[i] for i in rng.permutation(len(result))]

    def collate(self, indices: np.ndarray) -> Batch:
        sources = [self._run(2 * i) for i in indices]
        targets = [self._run(2 * i + 1) for i in indices]
        source, labels = self._pad(sources), self._pad(targets)
        decoder = torch.full_like(labels, self.eos)
        decoder[:, 1:] = labels[:, :-1]
        return Batch(source, (source != self.pad).long(), decoder, labels, len(indices))

    def _run(self, position: int) -> np.ndarray:
        return self.tokens[self.offsets[position] : self.offsets[position + 1]]

    def _pad(self, runs: list[np.ndarray]) -> Tensor:
        padded = np.full((len(runs), max(map(len, runs))), self.pad, dtype=np.int64)
        for row, run in zip(padded, runs, strict=True):
            row[: len(run)] = run
        return torch.from_numpy(padded)


def prepare(split: str, tokenizer: Tokenizer, corpus: Path, *, augment: bool) -> PairDataset:
    """Encode every direction of a split, in the corpus's order; `augment` mixes variants in."""
    runs: list[list[int]] = []
    for (source_language, target_language), pairs in tqdm(
        read_directions(split, corpus).items(), desc="encoding", unit="direction"
    ):
        repeats = 1 if PIVOT in (source_language, target_language) else PIVOT_REPEATS
        examples: Iterable[SentencePair] = pairs
        if augment:
            spoken = list(phrases((source_language, target_language))) * PHRASE_REPEATS
            examples = itertools.chain(_augmented(pairs, repeats), spoken)
        for source, target in examples:
            source_ids = tokenizer.encode(source, source_language)
            target_ids = tokenizer.encode(target, target_language)
            if max(len(source_ids), len(target_ids)) <= MAX_TOKENS:
                runs += (source_ids, target_ids)
    offsets = np.cumsum([0, *map(len, runs)], dtype=np.int64)
    tokens = np.concatenate([np.asarray(run, dtype=np.int32) for run in runs])
    return PairDataset(tokens, offsets, tokenizer.pad, tokenizer.eos)


def _augmented(pairs: Sequence[SentencePair], repeats: int) -> Iterator[SentencePair]:
    """Yield the pairs, variants of them, and the words that they imply, the same at every call."""
    rng = random.Random(0)
    previous = pairs[-1] if pairs else ("", "")
    for pair in itertools.chain.from_iterable(itertools.repeat(pairs, repeats)):
        yield pair
        yield from variants(pair, previous, rng)
        previous = rng.choice((previous, pair))
    for source, target in word_pairs(pairs):
        yield from [(source, target), (source.capitalize(), target.capitalize())] * WORD_REPEATS
        yield source.upper(), target.upper()


def _cut(window: np.ndarray, lengths: np.ndarray, tokens: int) -> Iterator[np.ndarray]:
    start, widest = 0, np.zeros(2, dtype=np.int64)
    for end, index in enumerate(window):
        wider = np.maximum(widest, lengths[index])
        if end > start and (end - start + 1) * wider.sum() > tokens:
            yield window[start:end]
            start, wider = end, lengths[index]
        widest = wider
    yield window[start:]
