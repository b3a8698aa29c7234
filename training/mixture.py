"""Batches from a mixture of domains, each with a given share of the tokens."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.store import TYPED, WITH_ENGLISH, WITHOUT_ENGLISH, PairStore, Part

# Shares of the tokens. Half are everyday sentences: otherwise 7 million parameters forget them
# within an hour. The share of a domain that was not prepared goes to the others.
DOMAIN_SHARES: Mapping[str, float] = {
    "everyday": 0.55,
    "documentation": 0.17,
    "interface": 0.10,
    "prose": 0.11,
    "words": 0.04,
    "phrasebook": 0.03,
}
KIND_SHARES: Mapping[str, float] = {WITH_ENGLISH: 0.67, WITHOUT_ENGLISH: 0.22, TYPED: 0.11}
WINDOW_TOKENS = 1_000_000  # drawn and sorted by length together; fewer need more padding


@dataclass(frozen=True)
class Batch:
    """Padded ids: `source [n, S]`, `source_mask [n, S]`, `decoder [n, T]`, `labels [n, T]`."""

    source: Tensor
    source_mask: Tensor
    decoder: Tensor
    labels: Tensor

    @property
    def pairs(self) -> int:
        """The number of pairs."""
        return len(self.source)

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        return Batch(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Draw:
    """Pairs of a batch before padding: part, index in it, and whether the sides are swapped."""

    part: np.ndarray  # int64 [n]
    pair: np.ndarray  # int64 [n]
    turned: np.ndarray  # bool [n]

    def __getitem__(self, rows: np.ndarray) -> "Draw":
        return Draw(self.part[rows], self.pair[rows], self.turned[rows])


class Mixture:
    """Draws pairs from all parts by the shares of their domains and kinds.

    Windows are drawn with replacement and depend only on seed and number, so that a killed run
    continues with the same batches.
    """

    def __init__(
        self,
        parts: Mapping[Part, PairStore],
        pad: int,
        eos: int,
        shares: Mapping[str, float] = DOMAIN_SHARES,
    ) -> None:
        """Take the parts named by `shares`. Raises ValueError if there are none."""
        self._parts = {part: store for part, store in parts.items() if shares.get(part.domain)}
        if not self._parts:
            raise ValueError("no pairs: prepare them with `python -m training prepare`")
        self._stores = list(self._parts.values())
        self.pad, self._eos = pad, eos
        self._shares = _token_shares(list(self._parts), shares)

    @property
    def shares(self) -> dict[Part, float]:
        """The share of the tokens of each part; they add up to 1."""
        return dict(zip(self._parts, self._shares, strict=True))

    def window(self, seed: int, number: int, batch_tokens: int) -> list[Draw]:
        """Return window `number` as batches in random order.

        `batch_tokens` limits pairs × (longest source + longest target) of a batch.
        """
        rng = np.random.default_rng((seed, number))
        draws, lengths = [], []
        for index, (part, store) in enumerate(self._parts.items()):
            count = max(1, round(self._shares[index] * WINDOW_TOKENS / store.mean_tokens))
            pairs = rng.integers(len(store), size=count)
            turned = (rng.random(count) < 0.5) & part.both_ways
            size = store.lengths(pairs)
            lengths.append(np.where(turned[:, None], size[:, ::-1], size))
            draws.append(Draw(np.full(count, index), pairs, turned))
        all_lengths = np.concatenate(lengths)
        drawn = Draw(
            *(np.concatenate([getattr(d, n) for d in draws]) for n in ("part", "pair", "turned"))
        )
        # Break ties at random, or each part would end up in separate batches.
        order = np.lexsort((rng.random(len(all_lengths)), all_lengths[:, 0], all_lengths[:, 1]))
        batches = _cut(order, all_lengths, batch_tokens)
        return [drawn[batches[i]] for i in rng.permutation(len(batches))]

    def every(self, batch_tokens: int) -> list[Batch]:
        """Return all pairs once, by length, every other one swapped: for validation."""
        counts = [len(store) for store in self._stores]
        part = np.repeat(np.arange(len(counts)), counts)
        pair = np.concatenate([np.arange(count) for count in counts])
        turned = pair % 2 == 1
        sizes = np.concatenate(
            [store.lengths(np.arange(len(store))) for store in self._stores], dtype=np.int64
        )
        lengths = np.where(turned[:, None], sizes[:, ::-1], sizes)
        drawn = Draw(part, pair, turned)
        order = np.lexsort((lengths[:, 0], lengths[:, 1]))
        return [self.collate(drawn[rows]) for rows in _cut(order, lengths, batch_tokens)]

    def collate(self, draw: Draw) -> Batch:
        """Return the ids of a batch, padded."""
        sources, labels = [], []
        for part, pair, turned in zip(draw.part, draw.pair, draw.turned, strict=True):
            store = self._stores[part]
            sides = store.run(2 * pair), store.run(2 * pair + 1)
            sources.append(sides[int(turned)])
            labels.append(sides[1 - int(turned)])
        return self._batch(sources, labels)

    def _batch(self, sources: list[np.ndarray], targets: list[np.ndarray]) -> Batch:
        source, labels = self._padded(sources), self._padded(targets)
        decoder = torch.full_like(labels, self._eos)
        decoder[:, 1:] = labels[:, :-1]
        return Batch(source, (source != self.pad).long(), decoder, labels)

    def _padded(self, runs: list[np.ndarray]) -> Tensor:
        padded = np.full((len(runs), max(map(len, runs))), self.pad, dtype=np.int64)
        for row, run in zip(padded, runs, strict=True):
            row[: len(run)] = run
        return torch.from_numpy(padded)


def _token_shares(parts: list[Part], shares: Mapping[str, float]) -> list[float]:
    """Return the share of each part: its domain's share, split over the domain's kinds."""
    kinds = {
        domain: sum(KIND_SHARES[part.kind] for part in parts if part.domain == domain)
        for domain in {part.domain for part in parts}
    }
    total = sum(shares[domain] for domain in kinds)
    return [
        shares[part.domain] / total * KIND_SHARES[part.kind] / kinds[part.domain] for part in parts
    ]


def _cut(order: np.ndarray, lengths: np.ndarray, tokens: int) -> list[np.ndarray]:
    """Split pairs sorted by length into batches."""
    batches = []
    start, widest = 0, np.zeros(2, dtype=np.int64)
    for end, index in enumerate(order):
        wider = np.maximum(widest, lengths[index])
        if end > start and (end - start + 1) * wider.sum() > tokens:
            batches.append(order[start:end])
            start, wider = end, lengths[index]
        widest = wider
    batches.append(order[start:])
    return batches
