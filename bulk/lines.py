"""Lines of a file or stream: what is translated, and what is kept."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from bulk.errors import InputError

MAX_LINE_BYTES = 4 * 2**20  # a longer "line" is not text
BATCH_LINES = 32
BATCH_CHARACTERS = 8_000
_CHUNK = 2**20
_BREAK = re.compile(r"\r?\n")
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Line:
    """A line as read: `lead + text + end`; only `text` is translated."""

    number: int  # from 1, within the section or stream
    lead: str  # a byte order mark, or empty
    text: str
    end: str  # LF or CR LF; may be empty at the end of the file

    @property
    def blank(self) -> bool:
        """Whether there is nothing to translate."""
        return not self.text.strip()

    def render(self, translation: str) -> bytes:
        """Return the output line; line breaks in the translation become spaces."""
        return f"{self.lead}{_BREAK.sub(' ', translation)}{self.end}".encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Section:
    """Whole lines of a file: the bytes from `start` up to `end`."""

    path: Path
    start: int
    end: int
    lines: int
    sha256: str


def parse_shard(spec: str) -> tuple[int, int]:
    """Return i and n of "i/n", 0 ≤ i < n; ValueError for anything else."""
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", spec)
    if not match or not int(match[1]) < int(match[2]):
        raise ValueError("must be i/n with i from 0 to n - 1, such as 0/4 … 3/4")
    return int(match[1]), int(match[2])


def measure(path: Path, shard: tuple[int, int] = (0, 1)) -> Section:
    """Return the section that is shard i of n; reads it once.

    The shards of a file are consecutive, about equal in bytes, and together are the file. A line
    belongs to the shard that contains its first byte.
    """
    index, count = shard
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        start, end = (_line_start(file, size * i // count, size) for i in (index, index + 1))
        file.seek(start)
        digest = hashlib.sha256()
        lines, left, last = 0, end - start, b"\n"
        while chunk := file.read(min(_CHUNK, left)):
            digest.update(chunk)
            lines += chunk.count(b"\n")
            left -= len(chunk)
            last = chunk[-1:]
    return Section(path, start, end, lines + (last != b"\n"), digest.hexdigest())


def read_section(section: Section) -> Iterator[Line]:
    """Yield the lines of a section. Raises InputError."""
    with section.path.open("rb") as file:
        file.seek(section.start)
        lines = read_lines(file, str(section.path), section.start)
        yield from islice(lines, section.lines)


def read_lines(stream: BinaryIO, name: str, start: int = 0) -> Iterator[Line]:
    """Yield the lines of a stream; `start` is its byte offset in the file.

    Raises InputError with the line's number where it is not UTF-8 text.
    """
    number = 0
    while raw := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        place = f"{name}: line {number}" + (f" from byte {start}" if start else "")
        if len(raw) > MAX_LINE_BYTES:
            raise InputError(f"{place} is longer than {MAX_LINE_BYTES:,} bytes")
        try:
            content = raw.decode()
        except UnicodeDecodeError:
            raise InputError(f"{place} is not UTF-8") from None
        if "\0" in content:
            raise InputError(f"{place} contains a NUL character")
        yield _parse(content, number, first=number == 1 and start == 0)


def batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Group consecutive lines into batches."""
    batch: list[Line] = []
    characters = 0
    for line in lines:
        characters += len(line.text)
        if batch and (len(batch) == BATCH_LINES or characters > BATCH_CHARACTERS):
            yield batch
            batch, characters = [], len(line.text)
        batch.append(line)
    if batch:
        yield batch


def texts(batch: Sequence[Line]) -> list[str]:
    """Return the texts of the lines that are not blank."""
    return [line.text for line in batch if not line.blank]


def translations(batch: Sequence[Line], answers: Iterable[str]) -> Iterator[str]:
    """Yield each line's translation; `answers` are those to `texts(batch)`, in order."""
    rest = iter(answers)
    return (line.text if line.blank else next(rest) for line in batch)


def render(batch: Sequence[Line], answers: Iterable[str]) -> bytes:
    """Return the output lines; `answers` are those to `texts(batch)`, in order."""
    pairs = zip(batch, translations(batch, answers), strict=True)
    return b"".join(line.render(translation) for line, translation in pairs)


def _parse(content: str, number: int, *, first: bool) -> Line:
    lead = _BOM if first and content.startswith(_BOM) else ""
    text = content[len(lead) :]
    end = "\r\n" if text.endswith("\r\n") else "\n" if text.endswith("\n") else ""
    return Line(number, lead, text.removesuffix(end), end)


def _line_start(file: BinaryIO, position: int, size: int) -> int:
    """Return the offset of the first line that begins at or after `position`."""
    if position == 0:
        return 0
    file.seek(position - 1)
    while (chunk := file.readline(_CHUNK)) and not chunk.endswith(b"\n"):
        pass
    return min(file.tell(), size)
