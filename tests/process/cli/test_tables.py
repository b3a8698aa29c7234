"""`m2m-translate --table` against a server, killed and started again."""

import csv
import json
import re
import signal
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.fakes import FakePool
from tests.process.cli.command import BLOCKED, Serve, run, start
from tests.process.conftest import TIMEOUT, wait_for

ROWS = 1_000
TEXTS = [BLOCKED if n == 950 else f"Row {n % 940}." for n in range(ROWS)]
NOTE = "x" * 20_000  # makes groups of about 100 rows, or 256 in Parquet
WRITTEN = 200  # rows, at least, when the process is killed; before the blocked one


def write_table(path: Path) -> None:
    if path.suffix == ".parquet":
        table = pa.table({"n": range(ROWS), "text": TEXTS, "note": [NOTE] * ROWS})
        pq.write_table(table, path, row_group_size=ROWS)
        return
    rows = [{"n": n, "text": text, "note": NOTE} for n, text in enumerate(TEXTS)]
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            writer = csv.DictWriter(file, ["n", "text", "note"])
            writer.writeheader()
            writer.writerows(rows)
        else:
            file.writelines(json.dumps(row) + "\n" for row in rows)


def read_rows(path: Path) -> list[tuple[int, str]]:
    rows: list[dict[str, Any]]
    if path.suffix == ".parquet":
        rows = pq.read_table(path).to_pylist()
    else:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file) if path.suffix == ".csv" else map(json.loads, file))
    return [(int(row["n"]), row["text_de"]) for row in rows]


def written(partial: Path, suffix: str) -> bool:
    """Return whether the first groups are written; a Parquet file has no lines."""
    if not partial.exists():
        return False
    data = partial.read_bytes()
    return len(data) > 1_000 if suffix == ".parquet" else data.count(b"\n") > WRITTEN


@pytest.mark.parametrize(
    ("suffix", "number"),
    [
        (".csv", signal.SIGKILL),
        (".jsonl", signal.SIGINT),
        (".parquet", signal.SIGKILL),
    ],
)
def test_a_killed_run_resumes(
    serve: Serve, gate: threading.Event, pool: FakePool, tmp_path: Path, suffix: str, number: int
) -> None:
    """No row is missing or there twice, and what has been written is not translated again."""
    source, target = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
    write_table(source)
    flags = (serve(), "--table", "--columns", "text", str(source), "-o", str(target))
    process = start(*flags)
    wait_for(
        lambda: written(tmp_path / f"out{suffix}.partial", suffix), "the first groups are written"
    )
    process.send_signal(number)
    _, errors = process.communicate(timeout=TIMEOUT)
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert errors.endswith("m2m-translate: interrupted; the same command resumes\n")
    assert not target.exists()
    gate.set()
    pool.submitted.clear()
    done = run(*flags)
    assert done.returncode == 0, done.stderr.decode()
    assert read_rows(target) == [(n, text.upper()) for n, text in enumerate(TEXTS)]
    translated = re.search(r"1,000 rows, (\d+) distinct texts translated", done.stderr.decode())
    assert translated
    assert 0 < int(translated[1]) <= len(set(TEXTS)) - WRITTEN
    assert not {segment.text for segment in pool.submitted} & set(TEXTS[:WRITTEN])
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"in{suffix}", f"out{suffix}"]


def test_a_folder_of_shards_goes_on_at_the_shard(
    serve: Serve, gate: threading.Event, pool: FakePool, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, text in [("1", "One."), ("2", BLOCKED), ("3", "One.")]:
        pq.write_table(pa.table({"text": [text]}), folder / f"{name}.parquet")
    flags = (serve(), "--table", "--columns", "text", str(folder), "-o", str(tmp_path / "out"))
    process = start(*flags)
    wait_for(lambda: any(s.text == BLOCKED for s in pool.submitted), "the second has begun")
    process.kill()
    process.communicate(timeout=TIMEOUT)
    first = (tmp_path / "out" / "1.parquet").stat()
    gate.set()
    pool.submitted.clear()
    done = run(*flags)
    assert done.stderr.decode().splitlines()[0] == (
        "m2m-translate: outputs that were already finished: 1"
    )
    assert [segment.text for segment in pool.submitted] == [BLOCKED]
    assert (tmp_path / "out" / "1.parquet").stat().st_mtime_ns == first.st_mtime_ns
    texts = [
        pq.read_table(path)["text_de"][0].as_py() for path in sorted(folder.parent.glob("out/*"))
    ]
    assert texts == ["ONE.", BLOCKED.upper(), "ONE."]


def test_two_runs_cannot_write_the_same_output(
    serve: Serve, gate: threading.Event, pool: FakePool, tmp_path: Path
) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps({"text": BLOCKED}))
    flags = (serve(), "--table", "--columns", "text", str(source), "-o", str(target))
    process = start(*flags)
    wait_for(lambda: bool(pool.submitted), "the first run has begun")
    second = run(*flags)
    gate.set()
    _, errors = process.communicate(timeout=TIMEOUT)
    assert (second.returncode, b"another run is writing" in second.stderr) == (1, True)
    assert process.returncode == 0, errors


def test_progress_and_cost_are_shown_on_request(
    serve: Serve, gate: threading.Event, tmp_path: Path
) -> None:
    gate.set()
    source = tmp_path / "in.csv"
    source.write_text("text\n" + "".join(f"Row {n}.\n" for n in range(300)))
    done = run(
        serve(), "--table", "--columns", "text", str(source), "-o", str(tmp_path / "out.csv"),
        "--progress", "--price-per-hour", "2.5",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert b"in.csv: 100%" in done.stderr
    assert b"300/300" in done.stderr
    assert b"rows/s, " in done.stderr
    assert b" characters/s, " in done.stderr  # a server does not tell tokens apart
    assert b" per million characters" in done.stderr
