"""Tables become pieces, and pieces their new columns, without a cluster."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bulk.cluster.actor import TranslatingActor, read_pieces
from bulk.cluster.messages import (
    PIECE_ROWS,
    Failure,
    Message,
    Piece,
    TableToRead,
    TranslatedPiece,
    pack,
    unpack,
)
from bulk.errors import BatchTextError, InputError, RetryableError
from bulk.tables.columns import ColumnChoice
from tests.unit.bulk.tables.running import FakeBackend

CHOICE = ColumnChoice(["text"], "de")


def read(path: Path, *done: int) -> Iterator[Message]:
    for batch in read_pieces(pack(TableToRead(3, str(path), list(done))), CHOICE):
        yield from unpack(batch)


def call(actor: TranslatingActor, message: Message) -> Any:
    (answer,) = unpack(actor(pack(message)))
    return answer


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text("text,n\n" + "".join(f"row {n},{n}\n" for n in range(1, 2 * PIECE_ROWS + 6)))
    return path


def test_a_table_is_read_in_pieces(table: Path) -> None:
    read_first = {piece.first: piece for piece in read(table) if isinstance(piece, Piece)}
    assert list(read_first) == [1, PIECE_ROWS + 1, 2 * PIECE_ROWS + 1]
    last = read_first[2 * PIECE_ROWS + 1]
    assert last == Piece(3, str(table), 2_001, [[f"row {n}" for n in range(2_001, 2_006)]])


def test_pieces_of_an_earlier_run_are_left_out(table: Path) -> None:
    assert [piece.first for piece in read(table, 1, 2_001) if isinstance(piece, Piece)] == [1_001]


def test_a_table_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    assert list(read(tmp_path / "none.csv")) == [
        Failure(f"{tmp_path}/none.csv: No such file or directory", 1)
    ]
    (tmp_path / "in.csv").write_bytes(b"text\nfine\n\xff\n")
    assert list(read(tmp_path / "in.csv")) == [
        Failure(f"{tmp_path}/in.csv: line 3 is not UTF-8", 2)
    ]


def test_a_text_is_translated_once_in_a_piece() -> None:
    backend = FakeBackend(tokens=7)
    piece = Piece(3, "in.csv", 11, [["one", "odd", None, "one"], [["odd", None], [], None, " "]])
    answer = call(TranslatingActor(lambda: backend), piece)
    assert isinstance(answer, TranslatedPiece)
    odd = ["length", "repetition"]
    assert answer.columns == [
        [["ONE", "ODD", None, "ONE"], [[], odd, None, []]],
        [[["ODD", None], [], None, " "], [odd, [], None, []]],
    ]
    assert sorted(backend.asked) == ["odd", "one"]
    assert (answer.table, answer.first) == (3, 11)
    assert (answer.texts, answer.characters, answer.tokens) == (2, 6, 7)
    assert answer.warnings == {"length": 1, "repetition": 1}


def test_failures_are_values() -> None:
    """Of the backend, a text, or the reader. The message has no text."""

    def broken() -> FakeBackend:
        raise InputError("--source must be one of de, en")

    piece = Piece(0, "in.csv", 11, [["a", None, "secret"]])
    failure = call(TranslatingActor(broken), piece)
    assert (failure.message.partition(" (node ")[0], failure.exit_code) == (
        "--source must be one of de, en",
        2,
    )

    class Failing(FakeBackend):
        def translate(self, texts):  # type: ignore[no-untyped-def]
            raise BatchTextError(texts.index("secret"), RetryableError("too long"))

    actor = TranslatingActor(Failing)
    failure = call(actor, piece)
    assert failure.message.startswith("in.csv: row 13: too long (node ")
    assert failure.exit_code == 1
    assert call(actor, Failure("the reader's", 2)) == Failure("the reader's", 2)
