"""Files of any size that cost a reader as much as possible: tiny pieces, giant lines, deep nesting.

A test and `measure_sizes.py` open them. The suffixes of a group have the same reader.
"""

import random
from collections.abc import Callable
from io import BytesIO
from zipfile import ZipFile

from tests.unit.documents.dense_texts import TEXTS, Repeated
from tests.unit.documents.packages import (
    SAMPLES,
    book,
    open_document,
    page,
    presentation,
    word,
    workbook,
    zipped,
)

_MEDIA = "word/media/image1.bin"
_BOMB_BYTES = 257 << 20  # more than an archive may unpack to

Member = tuple[Callable[[str], bytes], Repeated]
_TABLE = '<table:table table:name="a"><table:table-row>', "</table:table-row></table:table>"

PACKAGES: dict[tuple[str, ...], dict[str, Member]] = {
    (".docx", ".docm", ".dotx"): {
        "paragraphs": (word, Repeated("<w:p><w:r><w:t>a</w:t></w:r></w:p>")),
        "runs": (word, Repeated("<w:r><w:t>a</w:t></w:r>", "<w:p>", "</w:p>")),
        "formats": (word, Repeated("<w:r><w:rPr><w:b/></w:rPr><w:t>a</w:t></w:r><w:r><w:t>b</w:t>"
                                   "</w:r>", "<w:p>", "</w:p>")),
        "empty": (word, Repeated("<w:p/>")),
        "bookmarks": (word, Repeated('<w:bookmarkStart w:id="%d"/>', "<w:p>", "</w:p>")),
        "nested": (word, Repeated("<w:sdt><w:sdtContent>", close="</w:sdtContent></w:sdt>")),
        "words": (word, Repeated("word ", "<w:p><w:r><w:t>", "</w:t></w:r></w:p>")),
    },
    (".pptx",): {
        "paragraphs": (presentation, Repeated("<a:p><a:r><a:t>a</a:t></a:r></a:p>")),
        "runs": (presentation, Repeated("<a:r><a:t>a</a:t></a:r>", "<a:p>", "</a:p>")),
    },
    (".xlsx",): {
        "strings": (workbook, Repeated("<si><t>a b</t></si>")),
        "runs": (workbook, Repeated("<r><t>a b</t></r>", "<si>", "</si>")),
        "cells": (lambda sheet: workbook("", f"<sheetData><row>{sheet}</row></sheetData>"),
                  Repeated('<c t="inlineStr"><is><t>a b</t></is></c>')),
        "formulas": (lambda sheet: workbook(
            "<si><t>a b</t></si>", f"<sheetData><row>{sheet}</row></sheetData>"),
                     Repeated('<c><f>"%d"</f></c>')),
    },
    (".odp",): {
        "paragraphs": (lambda body: open_document(".odp", body), Repeated("<text:p>a</text:p>")),
    },
    (".odt",): {
        "paragraphs": (lambda body: open_document(".odt", body), Repeated("<text:p>a</text:p>")),
        "spans": (lambda body: open_document(".odt", body),
                  Repeated("<text:span>a</text:span> ", "<text:p>", "</text:p>")),
    },
    (".ods",): {
        "cells": (lambda body: open_document(".ods", body),
                  Repeated("<table:table-cell><text:p>a b</text:p></table:table-cell>", *_TABLE)),
    },
    (".epub",): {
        "paragraphs": (lambda body: book({"a.xhtml": page(body)}), Repeated("<p>a</p>")),
        "spans": (lambda body: book({"a.xhtml": page(body)}), Repeated("<b>a</b> ")),
        "references": (lambda body: book({"a.xhtml": page(body)}), Repeated("a&amp;")),
    },
}  # fmt: skip
"""Members of archives by the suffixes of their reader and a name; the size is theirs, unpacked."""

_SAMPLES = SAMPLES | dict.fromkeys((".docm", ".dotx"), SAMPLES[".docx"])


def names(suffix: str) -> list[str]:
    """Return the names of the files of a format."""
    if suffix == ".parquet":
        return ["strings", "repeated"]
    found = [name for suffixes, each in TEXTS.items() if suffix in suffixes for name in each]
    found += [name for suffixes, each in PACKAGES.items() if suffix in suffixes for name in each]
    return found + (["pictures", "bomb", "members"] if suffix in _SAMPLES else [])


def dense_file(suffix: str, name: str, size: int) -> bytes:
    """Return a file; `size` is that of its text in bytes, before it is compressed."""
    if suffix == ".parquet":
        return _parquet(size, repeated=name == "repeated")
    for suffixes, texts in TEXTS.items():
        if suffix in suffixes:
            return texts[name].text(size).encode()
    if name in ("pictures", "bomb", "members"):
        return _archive(suffix, name, size)
    (member,) = (each[name] for suffixes, each in PACKAGES.items() if suffix in suffixes)
    make, repeated = member
    return make(repeated.text(size))


def _archive(suffix: str, name: str, size: int) -> bytes:
    """Return an archive with another member: random, or huge; or with as many as possible."""
    with ZipFile(BytesIO(_SAMPLES[suffix])) as file:
        members: dict[str, str | bytes] = {each: file.read(each) for each in file.namelist()}
    if name == "pictures":
        members[_MEDIA] = random.Random(1).randbytes(size)
    elif name == "bomb":
        members[_MEDIA] = bytes(_BOMB_BYTES)
    else:
        members |= {f"a{number}": b"" for number in range(size // 100)}
    return zipped(members)


def _parquet(size: int, *, repeated: bool) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    count = size // (4 if repeated else 12)
    texts = ["a b"] * count if repeated else [f"a b {number}" for number in range(count)]
    packed = BytesIO()
    pq.write_table(pa.table({"text": texts}), packed)
    return packed.getvalue()
