"""Messages between processes: numbers and byte strings as buffers, not as objects.

A batch costs the same few objects whatever its size. Tuples of bytes are what pickle is fastest
with: a frozen dataclass with arrays took four times as long.
"""

from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple


def pack_numbers(numbers: Iterable[int]) -> bytes:
    """Return integers, 64 bits each, in the byte order of this machine."""
    return array("q", numbers).tobytes()


def unpack_numbers(packed: bytes) -> "array[int]":
    """Return the integers that `pack_numbers` packed."""
    return array("q", packed)


class Packed(NamedTuple):
    """Byte strings one after another, and the length of each."""

    buffer: bytes
    lengths: bytes

    @classmethod
    def of(cls, items: Sequence[bytes]) -> "Packed":
        """Pack byte strings."""
        return cls(b"".join(items), pack_numbers(map(len, items)))

    def unpack(self) -> list[bytes]:
        """Return the byte strings."""
        buffer = self.buffer
        ends = accumulate(unpack_numbers(self.lengths), initial=0)
        return [buffer[a:b] for a, b in pairwise(ends)]
