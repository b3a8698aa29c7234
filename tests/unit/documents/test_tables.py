"""Tables: cells that are language are translated; their layout stays."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    translate_identity,
    translate_upper,
)

CSV, TSV = document_of(".csv"), document_of(".tsv")
CELLS = st.sampled_from(
    ["", " ", "one", "two words", 'say "hi"', "a,b", "a;b", "a\tb", "two\nlines", "12", "é家"]
)
TABLES = st.lists(st.lists(CELLS, min_size=2, max_size=3), min_size=1, max_size=5)


@given(st.text(st.sampled_from('ab ,;\t"\r\n|=é'), max_size=30))
def test_an_identical_translation_changes_nothing(text: str) -> None:
    for document in (CSV, TSV):
        try:
            assert translate_identity(document(text.encode())) == text.encode()
        except DocumentError as error:
            assert "is not closed" in str(error)  # noqa: PT017


@given(TABLES, st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), st.sampled_from(["\n", "\r\n"]))
def test_cells_stay_in_their_columns(table: list[list[str]], quoting: int, newline: str) -> None:
    file = io.StringIO()
    writer = csv.writer(file, quoting=quoting, lineterminator=newline)  # type: ignore[arg-type]
    writer.writerows([["first column", "second column", "third column"], *table])
    translator = FakeTranslator(lambda text: f'{text}, "x";\n')
    translated = translator.translate(CSV(file.getvalue().encode())).decode()
    rows = list(csv.reader(io.StringIO(translated, newline="")))
    assert [len(row) for row in rows] == [3, *map(len, table)]


@pytest.mark.parametrize(
    ("source", "translated"),
    [
        ("name,text\nx-1,the house\n", "name,text\nx-1,THE HOUSE\n"),
        ("name;text\r\nx-1;a, b\r\n", "name;text\r\nx-1;A, B\r\n"),
        ('"name"|"text"\n"x-1"|"a ""b"""', '"name"|"text"\n"x-1"|"A ""B"""'),
        ("\ufeffid,text\n1,one\n", "\ufeffid,text\n1,ONE\n"),
        ("sep=;\nid;text\n1;one, two\n", "sep=;\nid;text\n1;ONE, TWO\n"),
        ("text\none\ntwo\n", "text\nONE\nTWO\n"),
        ('id,text\n1,"two\n lines"\n', 'id,text\n1,"TWO\n LINES"\n'),
        ('id,text\n1,a "b" c\n2,"a"b\n', 'id,text\n1,A "B" C\n2,"""A""B"\n'),
        ("It is late.,Yes\nGo!,No.\n", "IT IS LATE.,YES\nGO!,NO.\n"),
        ("id,text\n1,one\n\n2,two,\n", "id,text\n1,ONE\n\n2,TWO,\n"),
        ("", ""),
    ],
)
def test_the_layout_of_a_file_stays(source: str, translated: str) -> None:
    assert translate_upper(CSV(source.encode())).decode() == translated


@pytest.mark.parametrize(
    "value",
    [
        "12", "1,5", "2020-01-31T10:00:00Z", "31 Jan 2020", "January 31, 2020", "USD", "DE", "A12",
        "5kg", "12%", "btn-primary", "user_name", "https://a.b/c", "me@example.com", "a.png",
        "3f2b8c1e-0000-4000-8000-000000000000", "#fff", "+49 30 1234", "NY-12", "tt123",
        "11:37:15  3 Sep 2020", "\\/wiki\\/x",
    ],
)  # fmt: skip
def test_data_stays(value: str) -> None:
    source = f'k,text\n"{value}",one\n"{value}",two\nthe house,three\n'
    translated = f'k,text\n"{value}",ONE\n"{value}",TWO\nthe house,THREE\n'
    assert translate_upper(CSV(source.encode())).decode() == translated


@pytest.mark.parametrize(
    ("columns", "translated"),
    [
        (("text",), "id,Text,note\nx y,ONE,two\n"),
        (("2", "note"), "id,Text,note\nx y,ONE,TWO\n"),
        ((), "id,Text,note\nX Y,ONE,TWO\n"),
    ],
)
def test_the_user_chooses_columns(columns: tuple[str, ...], translated: str) -> None:
    source = b"id,Text,note\nx y,one,two\n"
    assert translate_upper(CSV(source, columns=columns)).decode() == translated


@pytest.mark.parametrize(
    ("source", "translated"),
    [
        ('id\ttext\n1\tsay "hi"\n2\t"hi\n', 'id\ttext\n1\tSAY "HI"\n2\t"HI\n'),
        ('id\ttext\n1\t"two\nlines"\n', 'id\ttext\n1\t"TWO\nLINES"\n'),
        ("id\ttext\n1\ta, b; c\n", "id\ttext\n1\tA, B; C\n"),
    ],
)
def test_tabs(source: str, translated: str) -> None:
    assert translate_upper(TSV(source.encode())).decode() == translated


def test_a_table_without_quotes_stays_on_its_lines() -> None:
    translator = FakeTranslator(lambda text: "a\tb\nc")
    assert translator.translate(TSV(b"id\ttext\n1\tone\n")) == b"id\ttext\n1\ta b c\n"


@pytest.mark.parametrize(
    ("data", "columns", "message"),
    [
        (b'a,b\n1,"secret\n2,c\n', (), "quote that begins in line 2 is not closed"),
        (b"a,b\n1,secret\n", ("c",), "no column .* entry 1 of columns; it has 2 columns"),
        (b"a,b\n1,secret\n", ("a", "3"), "no column .* entry 2 of columns"),
    ],
)
def test_damaged_tables(data: bytes, columns: tuple[str, ...], message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        translate_identity(CSV(data, columns=columns))
    assert "secret" not in str(caught.value)
