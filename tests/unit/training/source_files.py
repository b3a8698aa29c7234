"""Files like those that training texts are read from."""

import struct
from pathlib import Path

from training.sources.records import Record

HEADER = "Content-Type: text/plain; charset=UTF-8\n"


def write_catalogue(root: Path, place: str, messages: dict[str, str], order: str = "<") -> Path:
    """Write a catalogue as msgfmt does: a table of keys, one of values, then the strings."""
    pairs = sorted({"": HEADER, **messages}.items())
    strings = [text.encode() for text in (*dict(pairs), *dict(pairs).values())]
    count = len(pairs)
    tables, data, start = b"", b"", 28 + 16 * count
    for text in strings:
        tables += struct.pack(f"{order}2I", len(text), start + len(data))
        data += text + b"\0"
    head = struct.pack(f"{order}7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, start)
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + tables + data)
    return path


def write_text(root: Path, place: str, text: str) -> None:
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def texts_of(records: list[Record]) -> list[dict[str, str]]:
    return [dict(record.texts) for record in records]
