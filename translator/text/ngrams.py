"""A small linear classifier of languages by the character n-grams of words.

A table has a vector for each hash of an n-gram; the mean of a text's vectors is projected onto the
languages, as in fastText. `benchmarks/detection/train.py` makes the file beside this module.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODEL = Path(__file__).with_name("ngrams.npz")
LONGEST = 5  # characters of an n-gram
_MULTIPLIER = 0x01000193  # the prime of the 32-bit FNV hash
_SPREAD = 0x9E3779B1  # 2**32 / the golden ratio: moves all bits into the upper ones (Knuth)


def buckets_of(words: Sequence[str], bits: int) -> "NDArray[np.uint32]":
    """Return the hash of each n-gram of the words and their boundaries, in `bits` bits."""
    import numpy as np

    text = f" {' '.join(words).lower()} "
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    count, longest = len(codes), min(LONGEST, len(codes))
    hashes = np.empty(longest * count - longest * (longest - 1) // 2, np.uint32)
    part = np.multiply(codes, np.uint32(_MULTIPLIER), out=hashes[:count])
    begin = count
    for length in range(2, longest + 1):
        end = count - length + 1
        longer = hashes[begin : begin + end]
        np.bitwise_xor(part[:end], codes[length - 1 :], out=longer)
        longer *= np.uint32(_MULTIPLIER)
        part, begin = longer, begin + end
    hashes ^= hashes >> np.uint32(15)
    hashes *= np.uint32(_SPREAD)
    hashes >>= np.uint32(32 - bits)
    return hashes


class NgramModel:
    """The classifier; read only, so threads may share it."""

    def __init__(self, file: Path = MODEL) -> None:
        """Read the model from a file."""
        import numpy as np

        with np.load(file, allow_pickle=False) as data:
            self.languages: tuple[str, ...] = tuple(map(str, data["languages"]))
            self._table = data["table"]  # 8-bit integers
            self._projection = data["projection"].astype(np.float32)
            self._bias = data["bias"].astype(np.float32)
        self._bits = len(self._table).bit_length() - 1

    def scores(self, words: Sequence[str]) -> "NDArray[np.float32]":
        """Return an unnormalised log-probability for each of `languages`."""
        import numpy as np

        vectors = self._table.take(buckets_of(words, self._bits), axis=0, mode="clip")
        # In floating point for speed; all sums are integers below 2**24, and so exact.
        total = np.ones(len(vectors), np.float32) @ vectors.astype(np.float32)
        mean = total / np.float32(len(vectors))
        scores: NDArray[np.float32] = mean @ self._projection + self._bias
        return scores
