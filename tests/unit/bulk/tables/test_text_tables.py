"""CSV, TSV and JSON Lines: cells are added to rows, which otherwise stay byte for byte."""

from pathlib import Path

import pytest

from bulk.errors import InputError
from tests.unit.bulk.tables.running import FakeBackend, translate


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("a.csv", "id,text\n1,one\n", "id,text,text_de,text_de_warnings\n1,one,ONE,\n"),
        (
            "a.csv",
            '\ufeffid;text\r\n1;"a;\nb ""c"""\r\n\r\n2;odd\r\n3;',
            "\ufeffid;text;text_de;text_de_warnings\r\n"
            '1;"a;\nb ""c""";"A;\nB ""C""";\r\n\r\n2;odd;ODD;length repetition\r\n3;;;',
        ),
        ("a.csv", "sep=|\ntext|n\na|1", "sep=|\ntext|n|text_de|text_de_warnings\na|1|A|"),
        ("a.csv", "text\nab\n", "text,text_de,text_de_warnings\nab,AB,\n"),
        ("a.csv", "text", "text,text_de,text_de_warnings\n"),
        ("a.tsv", 'text\tn\n"a\t1\n', 'text\tn\ttext_de\ttext_de_warnings\n"a\t1\t"A\t\n'),
        (
            "a.tsv",
            'text\tn\n"a\tb"\t1\n',
            'text\tn\ttext_de\ttext_de_warnings\n"a\tb"\t1\t"A\tB"\t\n',
        ),
        (
            "a.jsonl",
            '\ufeff{"text": "a", "x": 1.50e3 } \r\n\n{"y": {}}\n{"text": null}',
            '\ufeff{"text": "a", "x": 1.50e3 , "text_de": "A", "text_de_warnings": []} \r\n\n'
            '{"y": {}, "text_de": null, "text_de_warnings": null}\n'
            '{"text": null, "text_de": null, "text_de_warnings": null}',
        ),
        (
            "a.ndjson",
            '{"text":["a",null]}\n{ }\n{"text":"\\ud83d\\ude00 \\ud800 \\u0000}"}\n',
            '{"text":["a",null], "text_de": ["A", null], "text_de_warnings": []}\n'
            '{ "text_de": null, "text_de_warnings": null}\n'
            '{"text":"\\ud83d\\ude00 \\ud800 \\u0000}", "text_de": "😀 \ufffd \\u0000}", '
            '"text_de_warnings": []}\n',
        ),
    ],
)
def test_only_the_new_cells_are_added(tmp_path: Path, name: str, before: str, after: str) -> None:
    source, target = tmp_path / name, tmp_path / f"out-{name}"
    source.write_bytes(before.encode())
    translate(FakeBackend(), source, target, "text")
    assert target.read_bytes().decode() == after


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"", "has no header"),
        ("a.csv", b"text,n\n1,2\n1\n", "the header has 2 cells, the row in line 3 has 1"),
        ("a.csv", b'text,n\n"a\nb",2\n1,2,3\n', "the row in line 4 has 3"),
        ("a.csv", b'text,n\n1,2\n"1,2\n3,4\n', "a quote in the row in line 3 is not closed"),
        ("a.csv", b"text,n\r1,2\r", "the row in line 1 has a line break outside of quotes"),
        ("a.csv", b'text,n\n"a\nb" c,1\n', "the row in line 2 has a line break outside of quotes"),
        ("a.csv", b"text,n\n\xff,2\n", "line 2 is not UTF-8"),
        ("a.jsonl", b'{"text": "a"}\n{"text": 1', "line 2 is not JSON"),
        ("a.jsonl", b'{"text": "a"}\n' + b"[" * 100_000, "line 2 is not JSON"),
        ("a.jsonl", b'["a"]\n', "line 1 is no JSON object"),
        ("a.jsonl", b'{"text": 7}\n', "line 1: text is neither a text nor a list of texts"),
        ("a.jsonl", b'{"text": ["a", 7]}\n', "line 1: text is neither"),
        ("a.jsonl", b'{"text": "a"}\n{"text_de": ""}\n', "would be added"),
        ("a.jsonl", b"", "has no column text"),
        ("a.txt", b"text", "the name of a table ends with .arrow, .csv"),
    ],
)
def test_invalid_tables_are_refused_before_anything_is_translated(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    source, backend = tmp_path / name, FakeBackend()
    source.write_bytes(data)
    with pytest.raises(InputError, match=message):
        translate(backend, source, tmp_path / f"out{source.suffix}", "text")
    assert backend.asked == []


@pytest.mark.parametrize("line", ["no quote,1\n", '"",1\n', '",1,"\n'])
def test_an_open_quote_is_found_in_one_pass(tmp_path: Path, line: str) -> None:
    """The row grows with each line; reading it anew each time would take minutes."""
    source = tmp_path / "a.csv"
    source.write_text('text,n\n"a,1\n' + line * 200_000)
    with pytest.raises(InputError, match="row in line 2 is not closed"):
        translate(FakeBackend(), source, tmp_path / "out.csv", "text")


def test_a_large_row_is_a_group_of_its_own(tmp_path: Path) -> None:
    source, target = tmp_path / "a.csv", tmp_path / "out.csv"
    rows = [f"{n},{'x' * 3_000_000}" for n in range(3)]
    source.write_text("\n".join(["n,text", *rows]))
    translate(FakeBackend(), source, target, "text")
    assert [line.count("X") for line in target.read_text().splitlines()] == [0] + 3 * [3_000_000]
