"""Files that are too large are refused before they are read, and the others have a known cost."""

import re
from pathlib import Path

import pytest

from documents import FORMATS, DocumentError, DocumentOptions
from tests.unit.documents.dense_files import dense_file
from tests.unit.documents.measure_sizes import measure
from tests.unit.documents.packages import book, page
from tests.unit.documents.translators import document_of, translate_identity

OPTIONS = DocumentOptions("de", "en")
WITH_PIECES = [suffix for suffix, known in FORMATS.items() if known.limit.marks]
WITH_TAGS = [suffix for suffix, known in FORMATS.items() if known.limit.tags]
MOST = 3 << 29  # bytes of memory for the largest file of a format
DEAREST = [
    (".md", "headings"), (".html", "attributes"), (".rst", "spans"), (".ass", "overrides"),
    (".yml", "plurals"),
]  # fmt: skip


@pytest.fixture
def _no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        pytest.fail(f"{name} is read")

    monkeypatch.setattr("documents.formats.import_module", fail)


@pytest.mark.usefixtures("_no_reader")
@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_with_too_many_bytes_is_not_read(suffix: str) -> None:
    mib = FORMATS[suffix].limit.mib
    with pytest.raises(DocumentError, match=f"more than {mib} MiB; split it into several"):
        next(FORMATS[suffix].translate(bytes((mib << 20) + 1), OPTIONS))


@pytest.mark.usefixtures("_no_reader")
@pytest.mark.parametrize("suffix", WITH_PIECES)
def test_a_file_with_too_many_pieces_is_not_read(suffix: str) -> None:
    limit = FORMATS[suffix].limit
    data = limit.marks * (limit.pieces // len(limit.marks) + 1)
    with pytest.raises(DocumentError, match=re.escape(f"{limit.pieces:,} {limit.what}; split it")):
        next(FORMATS[suffix].translate(data, OPTIONS))


@pytest.mark.usefixtures("_no_reader")
@pytest.mark.parametrize("suffix", WITH_TAGS)
def test_a_tag_counts_as_three_pieces(suffix: str) -> None:
    limit = FORMATS[suffix].limit
    limit.check(limit.tags[:1] * (limit.pieces // 3))
    with pytest.raises(DocumentError, match=re.escape(f"{limit.pieces:,} {limit.what}; split it")):
        next(FORMATS[suffix].translate(limit.tags[:1] * (limit.pieces // 3 + 1), OPTIONS))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_breaks_within_a_line_of_dialogue_count(encoding: str) -> None:
    breaks = FORMATS[".ass"].limit.pieces + 1
    data = dense_file(".ass", "breaks", 3 * breaks + 100).decode().encode(encoding)
    with pytest.raises(DocumentError, match="lines, breaks and overrides; split it"):
        next(FORMATS[".ass"].translate(data, OPTIONS))


def test_the_pages_of_a_book_count_together() -> None:
    each = page("<br/>" * 600_000)
    translate_identity(document_of(".epub")(book({"a.xhtml": page("<br/>" * 1_000)})))
    with pytest.raises(DocumentError, match="1,000,000 tags, attributes and references; split it"):
        translate_identity(document_of(".epub")(book({"a.xhtml": each, "b.xhtml": each})))


@pytest.mark.parametrize(
    ("suffix", "data"),
    [
        (".csv", b"This is no header.\n" + b"a b\n" * 11),
        (".jsonl", b'"a b"\n' * 11),
        (".html", b"<p>a" * 11),
        (".srt", b"00:00:01 --> 0\na\n\n" * 11),
    ],
)
def test_a_document_with_too_many_texts(
    monkeypatch: pytest.MonkeyPatch, suffix: str, data: bytes
) -> None:
    translate_identity(document_of(suffix)(data))
    monkeypatch.setattr("documents.core.rounds._MAX_TEXTS", 10)
    with pytest.raises(DocumentError, match="more than 10 texts; split it into several"):
        next(document_of(suffix)(data))


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "name"), DEAREST)
def test_the_memory_of_the_largest_file(tmp_path: Path, suffix: str, name: str) -> None:
    limit = FORMATS[suffix].limit
    data = dense_file(suffix, name, 100_000)
    path = tmp_path / "file"
    path.write_bytes(data)
    cost = measure(suffix, path)
    assert cost.outcome == "translated"
    assert cost.memory * limit.pieces / limit.count(data) < MOST
