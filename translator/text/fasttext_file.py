"""The structure of fastText's files: whether one is whole, and which labels it has.

fastText itself never ends, or reads garbage, where a file is cut off. The layout is that of
`FastText::saveModel` (versions 11 and 12 of its format, little-endian).
"""

import struct
from math import prod
from mmap import ACCESS_READ, mmap
from pathlib import Path

PREFIX = "__label__"  # of every label
_MAGIC = (793712314).to_bytes(4, "little")
_VERSIONS = (11, 12)
_SUPERVISED = 3
_LABEL = 1
_ARGUMENTS = 12  # of four bytes; then one of eight
_MODEL_ARGUMENT = 7
_CENTROIDS = 256  # of a quantiser, for each dimension
_FLOAT = 4  # bytes


class FasttextFileError(Exception):
    """A file cannot be read as a classifier of fastText; the message says why."""


def labels_of(file: Path) -> list[str]:
    """Return the labels of a classifier, such as `__label__eng_Latn`.

    Raises FasttextFileError for a file that is missing, of another kind, or cut off.
    """
    try:
        with file.open("rb") as opened, mmap(opened.fileno(), 0, access=ACCESS_READ) as content:
            return _Reader(content).labels()
    except OSError as error:
        raise FasttextFileError(error.strerror or str(error)) from error
    except (ValueError, struct.error) as error:  # empty, or shorter than it says
        raise FasttextFileError("it is empty or cut off") from error


class _Reader:
    """Walks through a file."""

    def __init__(self, content: mmap) -> None:
        self._content = content
        self._place = 0

    def labels(self) -> list[str]:
        if self._content[: len(_MAGIC)] != _MAGIC:
            raise FasttextFileError("it is not a file of fastText")
        _, version = self._numbers("ii")
        if version not in _VERSIONS:
            raise FasttextFileError(f"version {version} of fastText's files is unknown")
        arguments = self._numbers(f"{_ARGUMENTS}id")
        if arguments[_MODEL_ARGUMENT] != _SUPERVISED:
            raise FasttextFileError("it has vectors of words, but no labels")
        labels = self._dictionary()
        quantised = self._flag()
        self._matrix(quantised=quantised)
        self._matrix(quantised=self._flag() and quantised)
        if self._place > len(self._content):
            raise ValueError("a matrix without an end")
        return labels

    def _numbers(self, layout: str) -> tuple[int, ...]:
        found: tuple[int, ...] = struct.unpack_from(f"<{layout}", self._content, self._place)
        self._place += struct.calcsize(f"<{layout}")
        return found

    def _flag(self) -> bool:
        return bool(self._numbers("?")[0])

    def _dictionary(self) -> list[str]:
        size, _, _, _, pruned = self._numbers("iiiqq")
        labels = []
        for _ in range(size):
            end = self._content.find(b"\0", self._place)
            if end < 0:
                raise ValueError("an entry without an end")
            entry, self._place = self._content[self._place : end], end + 1
            _, kind = self._numbers("qb")
            if kind == _LABEL:
                labels.append(entry.decode())
        self._skip(max(pruned, 0), struct.calcsize("<ii"))
        return labels

    def _matrix(self, *, quantised: bool) -> None:
        if not quantised:
            self._skip(*self._numbers("qq"), _FLOAT)
            return
        with_norms, rows, _, codes = self._numbers("?qqi")
        self._skip(codes)
        self._quantiser()
        if with_norms:
            self._skip(rows)
            self._quantiser()

    def _quantiser(self) -> None:
        dimensions, *_ = self._numbers("iiii")
        self._skip(dimensions, _CENTROIDS, _FLOAT)

    def _skip(self, *factors: int) -> None:
        """Go on by the product of factors; the end of the file is checked at the next reading."""
        if min(factors) < 0:
            raise ValueError("a negative size")
        self._place += prod(factors)
