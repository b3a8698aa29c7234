"""Tables on a cluster whose nodes, and whose command, are killed."""

import csv
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bulk.cluster.messages import PIECE_ROWS
from tests.process.cluster import subject
from tests.process.cluster.conftest import Nodes
from tests.unit.bulk.tables.running import FakeBackend, translate

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
TIMEOUT = 180.0  # seconds; Ray starts within a few on an idle machine
ROWS = 10 * PIECE_ROWS
NOBODY = "0"  # the port of a run that does not ask
SECRET = "Nobody knows row"  # in most texts; no log may have it


class Questions:
    """The other end of what the actors ask."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(TIMEOUT)
        self._open: list[socket.socket] = []
        self.port = str(self._listener.getsockname()[1])

    def next(self) -> str:
        """Wait until an actor asks; return its node."""
        asking, _ = self._listener.accept()
        self._open.append(asking)
        asking.settimeout(TIMEOUT)
        return b"".join(iter(lambda: asking.recv(64), b"")).decode()

    def answer(self) -> None:
        """Answer all."""
        for asking in self._open:
            asking.close()

    def close(self) -> None:
        self.answer()
        self._listener.close()


@pytest.fixture
def questions() -> Iterator[Questions]:
    questions = Questions()
    yield questions
    questions.close()


def start(nodes: Nodes, port: str, mark: str, *files: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", subject.__name__, nodes.address, port, mark, *map(str, files)],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"},
    )


def end(process: "subprocess.Popen[str]") -> str:
    """Wait for success; return what it said."""
    _, said = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, said
    return said


def wait_for_rows(process: "subprocess.Popen[str]") -> None:
    """Read the progress until rows are done."""
    assert process.stderr is not None
    said = ""
    while not re.search(r" [1-9]\d*/\d+ \[", said):
        read = process.stderr.read(1)
        assert read, said
        said += read


def write(path: Path, blocked: int | None = None) -> None:
    """Write a table: most texts are there once, each seventh row has the same, each ninth none."""
    texts = [
        "" if n % 9 == 0 else "Every day." if n % 7 == 0 else f"{SECRET} {n}." for n in range(ROWS)
    ]
    if blocked is not None:
        texts[blocked] = subject.BLOCKED
    if path.suffix == ".parquet":
        pq.write_table(pa.table({"n": range(ROWS), "text": texts}), path, row_group_size=3_500)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("n", "text"), *enumerate(texts)])


def logs_with(text: str, nodes: Nodes) -> list[Path]:
    logs = [log for log in nodes.logs.rglob("*") if log.is_file()]
    assert len(logs) > 10
    return [log for log in logs if text.encode() in log.read_bytes()]


@pytest.mark.long
def test_a_killed_node_costs_no_row(nodes: Nodes, questions: Questions, tmp_path: Path) -> None:
    """The file is the one that a run without a cluster writes."""
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    write(source, blocked=ROWS // 2)
    process = start(nodes, questions.port, "", source, target)
    killed = questions.next()
    nodes.kill(killed)
    assert questions.next() not in ("", killed), "the piece is not repeated on the other node"
    questions.answer()
    assert f"{ROWS:,} rows, " in end(process)
    plain = tmp_path / "plain.csv"
    translate(FakeBackend(), source, plain, "text")
    with target.open(newline="") as file, plain.open(newline="") as other:
        rows, expected = list(csv.DictReader(file)), list(csv.DictReader(other))
    assert [row["n"] for row in rows] == [str(n) for n in range(ROWS)]
    assert [(row["text"], row["text_de"]) for row in rows] == [
        (row["text"], row["text_de"]) for row in expected
    ]
    assert {row["text_de_warnings"] for row in rows if row["text"]} == {"odd"}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "in.csv",
        "out.csv",
        "out.csv.partial.json",
        "plain.csv",
        "plain.csv.partial.json",
    ]  # fmt: skip - the command removes the sidecars at its end
    assert logs_with(SECRET, nodes) == []


@pytest.mark.long
def test_a_killed_command_resumes(nodes: Nodes, questions: Questions, tmp_path: Path) -> None:
    """What the first run has kept is not translated again."""
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    write(source, blocked=ROWS - 1)
    first = start(nodes, questions.port, " 1", source, target)
    wait_for_rows(first)
    first.kill()
    first.communicate(timeout=TIMEOUT)
    assert not target.exists()
    said = end(start(nodes, NOBODY, " 2", source, target))
    rows = pq.read_table(target).to_pylist()
    assert [row["n"] for row in rows] == list(range(ROWS))
    marks = [row["text_de"][-2:] for row in rows if row["text"]]
    assert all(row["text_de"].startswith(row["text"].upper()) for row in rows)
    assert set(marks) == {" 1", " 2"}
    kept = sum(row["text_de"][-2:] == " 1" for row in rows if row["text"])
    assert 0 < kept < ROWS
    new = re.search(r"([\d,]+) rows, ", said)
    assert new
    assert int(new[1].replace(",", "")) <= ROWS - PIECE_ROWS
    assert not list(tmp_path.glob("*.parts"))


def test_a_text_that_fails_is_named_once(nodes: Nodes, tmp_path: Path) -> None:
    """Its run ends; Ray does not try again what would fail again."""
    source = tmp_path / "in.csv"
    source.write_text("text\n" + "Fine.\n" * 1_500 + f"{subject.REFUSED}\n")
    process = start(nodes, NOBODY, "", source, tmp_path / "out.csv")
    _, said = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 2
    assert f"{source}: row 1501: refused (node " in said
    assert subject.REFUSED not in said
    assert "Traceback" not in said


def test_a_bug_tells_no_text(nodes: Nodes, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(f"text\n{subject.BROKEN}\n")
    process = start(nodes, NOBODY, "", source, tmp_path / "out.csv")
    _, said = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, "Ray gave up (" in said) == (1, True), said
    assert subject.BROKEN not in said
    assert logs_with(subject.BROKEN, nodes) == []


def test_a_folder_is_written_table_by_table(
    nodes: Nodes, questions: Questions, tmp_path: Path
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in "abcdef":
        (folder / f"{name}.csv").write_text(f"text\n{name}\n{subject.BLOCKED * (name == 'c')}\n")
    (folder / "empty.csv").write_text("text\n")
    process = start(nodes, questions.port, "", folder, out)
    questions.next()
    wait_for_rows(process)
    questions.answer()
    end(process)
    written = sorted(path for path in out.iterdir() if path.suffix == ".csv")
    assert [path.name for path in written] == [
        f"{name}.csv" for name in ["a", "b", "c", "d", "e", "empty", "f"]
    ]
    assert written[0].read_text() == "text,text_de,text_de_warnings\na,A,odd\n\n"
