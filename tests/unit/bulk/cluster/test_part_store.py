"""Pieces are kept by table and first row, in a file that one run at a time uses."""

from pathlib import Path
from typing import Any

from bulk.cluster.part_store import PartStore, scope_of
from bulk.tables.group import NewColumn

COLUMNS: list[list[list[Any]]] = [[["Eins", None], [["length"], None]], [[["Zwei"], " "], [[], []]]]
ONE, OTHER = scope_of({"table": 1}), scope_of({"table": 2})


def test_a_piece_counts_once(tmp_path: Path) -> None:
    with PartStore(tmp_path / "parts") as parts:
        assert parts.add(ONE, 1, COLUMNS) == 2
        assert parts.add(ONE, 1, [[["again", "again"], [[], []]]]) == 0
        assert parts.add(OTHER, 1, [[["another"], [[]]]]) == 1
        assert parts.find(ONE, 1) == [NewColumn(*column) for column in COLUMNS]
        assert parts.find(ONE, 2) is None


def test_pieces_are_there_when_it_is_opened_again(tmp_path: Path) -> None:
    with PartStore(tmp_path / "parts") as parts:
        parts.add(ONE, 2_001, COLUMNS)
    with PartStore(tmp_path / "parts") as parts:
        assert parts.rows(ONE) == {2_001: 2}
        assert parts.rows(OTHER) == {}
        parts.remove(OTHER)
        assert parts.rows(ONE) == {2_001: 2}
        parts.remove(ONE)
    assert list(tmp_path.iterdir()) == []


def test_pieces_of_other_tables_do_not_outlive_the_run(tmp_path: Path) -> None:
    with PartStore(tmp_path / "parts") as parts:
        parts.add(ONE, 1, COLUMNS)
        parts.finish()
    assert list(tmp_path.iterdir()) == []
