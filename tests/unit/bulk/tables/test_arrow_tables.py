"""Parquet files and Arrow streams: new columns at the end, everything else as it was."""

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bulk.errors import InputError
from tests.unit.bulk.tables.running import FakeBackend, translate

METADATA = {"huggingface": json.dumps({"info": {"features": {}}}), "k": "v"}
COLUMNS: dict[str, Any] = {
    "id": pa.array([1, 2, None], pa.int16()),
    "text": ["the house", None, "odd"],
    "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
    "large": pa.array(["one", "", "two"], pa.large_string()),
    "list": [["one", None], [], None],
    "pair": pa.array([["x", "y"]] * 3, pa.list_(pa.string(), 2)),
    "image": pa.array([{"bytes": b"\0", "path": None}] * 3),
    "when": pa.array([0, 1, 2], pa.timestamp("ns", "UTC")),
}


def table_of(columns: dict[str, Any]) -> Any:
    return pa.table(columns, metadata=METADATA)


def write_stream(path: Path, table: Any, rows: int = 2) -> Path:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=rows)
    return path


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_other_columns_types_and_metadata_stay(tmp_path: Path, suffix: str) -> None:
    source, target = tmp_path / f"in{suffix}", tmp_path / "out.parquet"
    plain = tmp_path / "plain.parquet"
    pq.write_table(table_of(COLUMNS), plain, compression="zstd", row_group_size=2)
    before = pq.read_table(plain)
    if suffix == ".arrow":
        write_stream(source, table_of(COLUMNS))
    else:
        plain.rename(source)
    translate(FakeBackend(), source, target, "text", "kind", "large", "list", "pair")
    after = pq.read_table(target)
    assert after.select(before.column_names).equals(before, check_metadata=True)
    assert after.select(after.column_names[len(before.schema) :]).to_pydict() == {
        "text_de": ["THE HOUSE", None, "ODD"],
        "text_de_warnings": [[], None, ["length", "repetition"]],
        "kind_de": ["A", "B", "A"],
        "kind_de_warnings": [[], [], []],
        "large_de": ["ONE", "", "TWO"],
        "large_de_warnings": [[], [], []],
        "list_de": [["ONE", None], [], None],
        "list_de_warnings": [[], [], None],
        "pair_de": [["X", "Y"]] * 3,
        "pair_de_warnings": [[], [], []],
    }
    assert after.schema.field("large_de").type == pa.large_string()
    codec = "ZSTD" if suffix == ".parquet" else "SNAPPY"
    group = pq.ParquetFile(target).metadata.row_group(0)
    assert {group.column(i).compression for i in range(group.num_columns)} == {codec}


@pytest.mark.parametrize(
    ("suffix", "rows"), [(".parquet", 700), (".parquet", 100_000), (".arrow", 100_000)]
)
def test_rows_are_written_in_groups_of_limited_size(tmp_path: Path, suffix: str, rows: int) -> None:
    """Whatever groups the input has: one that does not fit into memory is taken apart."""
    source, target = tmp_path / f"in{suffix}", tmp_path / "out.parquet"
    count = 25_000
    table = pa.table({"n": range(count), "text": [f"text {n % 999}" for n in range(count)]})
    if suffix == ".arrow":
        write_stream(source, table, rows)
    else:
        pq.write_table(table, source, row_group_size=rows)
    backend = FakeBackend()
    translate(backend, source, target, "text")
    assert len(backend.asked) == 999
    file = pq.ParquetFile(target)
    sizes = [file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)]
    assert (sum(sizes), len(sizes), max(sizes) <= 10_000) == (count, 3, True)
    after = file.read()
    assert after.column("n").to_pylist() == list(range(count))
    assert after.column("text_de").to_pylist() == [f"TEXT {n % 999}" for n in range(count)]


def test_large_values_make_small_groups(tmp_path: Path) -> None:
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    images = [bytes([n]) * 3_000_000 for n in range(8)]
    pq.write_table(pa.table({"text": ["a"] * 8, "image": images}), source)
    translate(FakeBackend(), source, target, "text")
    file = pq.ParquetFile(target)
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [2] * 4
    assert file.read().column("image").to_pylist() == images


def test_a_table_without_rows(tmp_path: Path) -> None:
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), source)
    translate(FakeBackend(), source, target, "text")
    assert pq.read_table(target).schema.names == ["text", "text_de", "text_de_warnings"]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("id", "the column id has int16; only texts and lists of texts are translated. Columns"),
        ("image", "the column image has records; .* are: text, kind, large, list, pair"),
        ("when", r"has timestamp\[ns, tz=UTC\]"),
        ("texts", "did you mean text"),
    ],
)
def test_columns_that_are_no_texts_are_refused_by_name(
    tmp_path: Path, column: str, message: str
) -> None:
    source, backend = tmp_path / "in.parquet", FakeBackend()
    pq.write_table(table_of(COLUMNS), source)
    with pytest.raises(InputError, match=message):
        translate(backend, source, tmp_path / "out.parquet", "text", column)
    assert backend.asked == []
    assert list(tmp_path.iterdir()) == [source]


def _parquet(texts: Any) -> bytes:
    output = io.BytesIO()
    pq.write_table(pa.table({"text": texts}), output, compression="none")
    return output.getvalue()


_INVALID = pa.StringArray.from_buffers(
    1, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff"), None
)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("in.parquet", b"text\none\n", "is no readable Parquet file"),
        ("in.parquet", b"", "is no readable Parquet file"),
        ("in.parquet", b"PAR1" + bytes(40) + _parquet(["a"])[44:], "is no readable Parquet file"),
        ("in.parquet", _parquet(_INVALID), "a text in rows 1 to 1 is not UTF-8"),
        ("in.arrow", b"", "is no readable Arrow stream"),
        ("in.arrow", b"ARROW1\0\0" + bytes(100), "is no readable Arrow stream"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    source = tmp_path / name
    source.write_bytes(data)
    with pytest.raises(InputError, match=message):
        translate(FakeBackend(), source, tmp_path / "out.parquet", "text")


def test_a_truncated_stream_is_refused(tmp_path: Path) -> None:
    source = write_stream(tmp_path / "in.arrow", pa.table({"text": ["a" * 100] * 1_000}), 100)
    source.write_bytes(source.read_bytes()[:50_000])
    with pytest.raises(InputError, match="is no readable Arrow stream"):
        translate(FakeBackend(), source, tmp_path / "out.parquet", "text")


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "in.parquet"
    source.write_bytes(_parquet(["a"]))
    monkeypatch.setattr("documents.formats.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"pip install 'm2m-server\[parquet\]'"):
        translate(FakeBackend(), source, tmp_path / "out.parquet", "text")
