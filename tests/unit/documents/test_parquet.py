"""Parquet: columns of strings are translated; everything else is in the file as before."""

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from documents import DocumentError, formats, why_unread
from documents.tables import parquet
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    file_of,
    translate_identity,
    translate_upper,
)

PARQUET = document_of(".parquet")
COLUMNS: dict[str, Any] = {
    "id": ["a-1", "a-2", "a-3"],
    "text": ["the house", "the house", None],
    "number": [1, 2, 3],
    "kind": pa.array(["old door", "old door", "x y"]).dictionary_encode(),
    "list": [["one"], [], None],
    "large": pa.array(["one", "", "two"], pa.large_string()),
}


def file_with(columns: dict[str, Any], **options: Any) -> bytes:
    output = io.BytesIO()
    pq.write_table(pa.table(columns, metadata={"k": "v"}), output, **options)
    return output.getvalue()


@pytest.mark.parametrize("columns", [COLUMNS, {"a": pa.array([], pa.string())}, {}])
def test_an_identical_translation_changes_nothing(columns: dict[str, Any]) -> None:
    data = file_with(columns)
    assert translate_identity(PARQUET(data)) == data


def test_only_texts_change() -> None:
    data = file_with(COLUMNS, compression="zstd", row_group_size=2)
    translator = FakeTranslator(str.upper)
    translated = translator.translate(file_of(".parquet")(data))
    assert translator.rounds == [["the house", "old door", "x y", "one", "two"]]
    assert translated.notices == ("lists and records in the table are not translated",)
    before, after = pq.ParquetFile(io.BytesIO(data)), pq.ParquetFile(io.BytesIO(translated.data))
    assert after.schema_arrow.equals(before.schema_arrow, check_metadata=True)
    assert after.read().to_pydict() == before.read().to_pydict() | {
        "text": ["THE HOUSE", "THE HOUSE", None],
        "kind": ["OLD DOOR", "OLD DOOR", "X Y"],
        "large": ["ONE", "", "TWO"],
    }
    assert after.metadata.num_row_groups == 2
    assert after.metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_file_without_compression_stays_without() -> None:
    data = file_with({"text": ["the house"]}, compression="none")
    after = pq.ParquetFile(io.BytesIO(translate_upper(PARQUET(data))))
    assert after.read().to_pydict() == {"text": ["THE HOUSE"]}
    assert after.metadata.row_group(0).column(0).compression == "UNCOMPRESSED"


def test_columns_that_are_not_stored_as_dictionaries() -> None:
    encoding = {"text": "DELTA_BYTE_ARRAY"}
    data = file_with(
        {"text": ["the house", None, "the door"]}, use_dictionary=False, column_encoding=encoding
    )
    assert translate_identity(PARQUET(data)) == data
    translated = pq.read_table(io.BytesIO(translate_upper(PARQUET(data))))
    assert translated.to_pydict() == {"text": ["THE HOUSE", None, "THE DOOR"]}


@pytest.mark.parametrize("chosen", ["kind", "4"])
def test_the_user_chooses_columns(chosen: str) -> None:
    translator = FakeTranslator(str.upper)
    translator.translate(PARQUET(file_with(COLUMNS), columns=(chosen,)))
    assert translator.rounds == [["old door", "x y"]]


@pytest.mark.parametrize("data", [b"", b"PAR1", b"secret", file_with(COLUMNS)[:-20]])
def test_damaged_files(data: bytes) -> None:
    with pytest.raises(DocumentError, match="no readable Parquet file"):
        translate_identity(PARQUET(data))


def test_a_column_that_is_missing() -> None:
    with pytest.raises(DocumentError, match="entry 1 of columns; it has 6 columns"):
        translate_identity(PARQUET(file_with(COLUMNS), columns=("secret",)))


@pytest.mark.parametrize(
    ("limit", "value", "message"),
    [
        ("_MAX_ROWS", 17, "may have 17 cells"),
        ("_MAX_BYTES", 100, "may have 100 bytes of data"),
    ],
)
def test_a_file_that_unpacks_to_too_much(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int, message: str
) -> None:
    monkeypatch.setattr(parquet, limit, value)
    with pytest.raises(DocumentError, match=message):
        translate_identity(PARQUET(file_with(COLUMNS)))


def test_a_long_text_that_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    data = file_with({"text": ["a long text " * 100] * 10_000})
    assert len(data) < 10_000
    monkeypatch.setattr(parquet, "_MAX_BYTES", 10_000_000)
    with pytest.raises(DocumentError, match="bytes of text"):
        translate_upper(PARQUET(data))


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    assert why_unread("a.parquet") == ""
    monkeypatch.setattr(formats, "find_spec", lambda name: None)
    assert why_unread("a.parquet") == (
        ".parquet files need the package pyarrow: pip install 'm2m-server[parquet]'"
    )
