"""A run writes tables from pieces in any order, some twice, with actors in this process."""

from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bulk.backend import Backend
from bulk.cluster import dataset
from bulk.cluster.actor import TranslatingActor, read_pieces
from bulk.cluster.connection import ActorSize, Cluster
from bulk.cluster.messages import TableToRead, TranslatedPiece, pack, unpack
from bulk.cluster.translation import ClusterRun, Work
from bulk.errors import InputError, RetryableError
from bulk.run import Options, RunSummary
from bulk.tables.columns import ColumnChoice
from bulk.tables.table_set import make_table_set
from tests.unit.bulk.tables.running import FakeBackend, translate

ROWS = 3_456


class FakeRay:
    """Executes the dataset backwards, with the pieces of one task in two twice.

    After `end` pieces the cluster is gone.
    """

    def __init__(self) -> None:
        self.end = 1_000
        self.read: list[int] = []  # first rows
        self.before: Callable[[], None] = lambda: None

    def pieces(
        self,
        tables: list[TableToRead],
        choice: ColumnChoice,
        make_backend: Callable[[], Backend],
        *others: Any,
    ) -> Generator[TranslatedPiece, None, None]:
        self.before()
        actor = TranslatingActor(make_backend)
        batches = [batch for table in tables for batch in read_pieces(pack(table), choice)]
        for i, batch in enumerate(reversed(batches)):
            if i == self.end:
                raise RetryableError("the cluster is gone")
            for _ in range(1 + i % 2):  # some twice
                (piece,) = unpack(actor(batch))
                assert isinstance(piece, TranslatedPiece), piece
                self.read.append(piece.first)
                yield piece


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> FakeRay:
    ray = FakeRay()
    monkeypatch.setattr(dataset, "translated_pieces", ray.pieces)
    return ray


def write(path: Path, text: str) -> None:
    path.write_text(text)


def run(source: Path, target: Path, suffix: Callable[[str], str] = str.upper) -> RunSummary:
    tables = make_table_set([source], target, ColumnChoice(["text"], "de"))
    tables.check()
    summary = RunSummary()
    work = Work(tables, partial(FakeBackend, suffix, 5), ActorSize(1, 0.0, 1), {"target": "de"})
    ClusterRun(Cluster([], ""), work, Options(0), summary).translate(None)
    return summary


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    texts = ["" if n % 5 == 0 else "odd" if n % 7 == 0 else f"row {n}" for n in range(ROWS)]
    path.write_text("n,text\n" + "".join(f"{n},{text}\n" for n, text in enumerate(texts)))
    return path


def test_the_output_is_that_of_a_run_without_a_cluster(
    ray: FakeRay, source: Path, tmp_path: Path
) -> None:
    summary = run(source, tmp_path / "out.csv")
    translate(FakeBackend(), source, tmp_path / "plain.csv", "text")
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "plain.csv").read_bytes()
    assert summary.notices[0].startswith(f"{ROWS:,} rows, 2,373 texts translated")
    assert summary.warnings == {"length": 4, "repetition": 4}  # once in each piece
    assert ray.read == [3001, 2001, 2001, 1001, 1, 1]


def test_a_run_continues(ray: FakeRay, source: Path, tmp_path: Path) -> None:
    ray.end = 2
    with pytest.raises(RetryableError, match="gone"):
        run(source, tmp_path / "out.csv")
    assert (tmp_path / "out.csv.partial.parts").exists()
    ray.end, ray.read = 1_000, []
    summary = run(source, tmp_path / "out.csv", lambda text: text.upper() + " again")
    assert set(ray.read) == {1, 1001}
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[3] == "2,row 2,ROW 2 again,"
    assert lines[2004] == "2003,row 2003,ROW 2003,"
    assert summary.notices[0].startswith("2,000 rows, ")
    assert not list(tmp_path.glob("*.parts"))


def test_a_finished_output_is_not_translated_again(
    ray: FakeRay, source: Path, tmp_path: Path
) -> None:
    run(source, tmp_path / "out.csv")
    ray.read = []
    assert run(source, tmp_path / "out.csv").finished_before == 1
    assert ray.read == []


def test_a_table_that_changes_meanwhile_is_named(
    ray: FakeRay, source: Path, tmp_path: Path
) -> None:
    ray.before = partial(write, source, "n,text\n1,one\n")
    with pytest.raises(InputError, match=r"in\.csv changed while it was translated"):
        run(source, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()
