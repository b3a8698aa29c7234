"""Sentence pairs as token ids in memory-mapped files, which need no memory of their own."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

IDS_SUFFIX, OFFSETS_SUFFIX = ".ids.bin", ".offsets.npy"
# Kinds of parts: pairs with English, pairs without, and pairs that must not be swapped.
WITH_ENGLISH, WITHOUT_ENGLISH, TYPED = "with-english", "without-english", "typed"


@dataclass(frozen=True, order=True)
class Part:
    """The pairs of one domain and kind; the files are called `<domain>.<kind>.*`."""

    domain: str
    kind: str

    @property
    def both_ways(self) -> bool:
        """Whether source and target may be swapped: badly typed text must not become a target."""
        return self.kind != TYPED

    @property
    def name(self) -> str:
        """The stem of its files."""
        return f"{self.domain}.{self.kind}"

    @classmethod
    def named(cls, name: str) -> "Part":
        """Return the part whose files have this stem."""
        domain, _, kind = name.partition(".")
        return cls(domain, kind)


@dataclass(frozen=True)
class PairStore:
    """Ids of pairs, flat: pair i is `ids[offsets[2i]:offsets[2i+1]]` and the run after it.

    Both runs are `__language__ … </s>`, as the encoder reads and the decoder writes them, so a
    pair can be used in either direction.
    """

    ids: np.ndarray  # uint16 [total]
    offsets: np.ndarray  # int64 [2 · pairs + 1]

    def __len__(self) -> int:
        return len(self.offsets) // 2

    @property
    def mean_tokens(self) -> float:
        """The mean number of tokens of a pair, both sides together."""
        return len(self.ids) / max(1, len(self))

    def run(self, position: int) -> np.ndarray:
        """Return run `position`: 2i and 2i + 1 are the sides of pair i."""
        return self.ids[self.offsets[position] : self.offsets[position + 1]]

    def lengths(self, pairs: np.ndarray) -> np.ndarray:
        """Return the numbers of tokens of both sides of some pairs, `[n, 2]`."""
        first, middle, last = (self.offsets[2 * pairs + side] for side in (0, 1, 2))
        return np.stack([middle - first, last - middle], axis=1)

    def slice(self, first: int, end: int) -> "PairStore":
        """Return the pairs from `first` up to `end`, exclusive."""
        offsets = self.offsets[2 * first : 2 * end + 1]
        return PairStore(self.ids[offsets[0] : offsets[-1]], offsets - offsets[0])

    @classmethod
    def of(cls, runs: Iterable[list[int]]) -> "PairStore":
        """Return a store in memory from alternating sources and targets."""
        arrays = [np.asarray(run, dtype=np.uint16) for run in runs]
        offsets = np.cumsum([0, *map(len, arrays)], dtype=np.int64)
        return cls(np.concatenate([np.empty(0, np.uint16), *arrays]), offsets)

    @classmethod
    def load(cls, folder: Path, name: str) -> "PairStore":
        """Map the files of a part. Raises FileNotFoundError if there are none."""
        offsets = np.load(folder / f"{name}{OFFSETS_SUFFIX}", mmap_mode="r")
        path = folder / f"{name}{IDS_SUFFIX}"
        if path.stat().st_size == 0:  # an empty file cannot be mapped
            return cls(np.empty(0, np.uint16), offsets)
        return cls(np.memmap(path, dtype=np.uint16, mode="r"), offsets)


class StoreWriter:
    """Writes a part incrementally; its files appear only when everything is written."""

    def __init__(self, folder: Path, name: str) -> None:
        """Write `<name>.*` in a folder, within a `with` block."""
        self._folder, self._name = folder, name
        self._partial = folder / f"{name}{IDS_SUFFIX}.partial"
        self._lengths: list[np.ndarray] = []

    def __enter__(self) -> Self:
        self._file = self._partial.open("wb")
        return self

    def add(self, store: PairStore) -> None:
        """Append pairs."""
        self._file.write(store.ids.tobytes())
        self._lengths.append(np.diff(store.offsets))

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._file.close()
        if kind is not None:
            self._partial.unlink()
            return
        lengths = np.concatenate([np.zeros(1, np.int64), *self._lengths])
        np.save(self._folder / f"{self._name}{OFFSETS_SUFFIX}", np.cumsum(lengths, dtype=np.int64))
        os.replace(self._partial, self._folder / f"{self._name}{IDS_SUFFIX}")


def read_parts(folder: Path) -> dict[Part, PairStore]:
    """Return every non-empty part in a folder, by name."""
    names = sorted(p.name.removesuffix(IDS_SUFFIX) for p in folder.glob(f"*{IDS_SUFFIX}"))
    parts = {Part.named(name): PairStore.load(folder, name) for name in names}
    return {part: store for part, store in parts.items() if len(store)}
