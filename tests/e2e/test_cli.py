"""`m2m-translate` on the devices of this machine, with the bundled model."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.agreement import near_best
from tests.e2e.conftest import ONE_CANDIDATE, TIMEOUT
from tests.process.conftest import wait_for
from translator import Translator

COMMAND = str(Path(sys.executable).with_name("m2m-translate"))
TEXT = "Where is the station?\r\n\r\n  - I am tired. You are not.\nThank you."


def command(cache: Path, *flags: str) -> list[str]:
    common = ["-t", "de", "--devices", "cpu*2", "--cache", str(cache), *ONE_CANDIDATE]
    return [COMMAND, *common, *flags]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if "TRANSLATION" not in name}


def test_a_file_is_translated_by_two_workers(
    cache: Path, tmp_path: Path, in_process: Translator
) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_text(TEXT, newline="")
    done = subprocess.run(
        command(cache, "-s", "auto", str(source), "-o", str(target), "--progress"),
        capture_output=True, text=True, timeout=TIMEOUT, check=False, env=environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "4/4" in done.stderr
    first, blank, third, last = target.read_bytes().decode().split("\n")
    station, tired, thanks = (
        near_best(in_process, sentence, "en", "de")
        for sentence in ("Where is the station?", "I am tired.", "Thank you.")
    )
    assert first.removesuffix("\r") in station
    assert (first[-1], blank) == ("\r", "\r")
    assert any(third.startswith(f"  - {sentence} ") for sentence in tired)
    assert last in thanks


def test_columns_of_tables_are_translated(
    cache: Path, tmp_path: Path, in_process: Translator
) -> None:
    """A CSV and a Parquet file with one text in common, which is translated once."""
    texts = ["Where is the station?", "Thank you.", "Where is the station?"]
    (tmp_path / "a.csv").write_text("n,text\n" + "".join(f"{n},{t}\n" for n, t in enumerate(texts)))
    pq.write_table(pa.table({"text": ["Thank you.", None], "n": [1, 2]}), tmp_path / "b.parquet")
    (tmp_path / "out").mkdir()
    done = subprocess.run(
        command(
            cache, "-s", "en", "--table", "--columns", "text", "--price-per-hour", "1",
            str(tmp_path / "a.csv"), str(tmp_path / "b.parquet"), "-o", str(tmp_path / "out"),
        ),
        capture_output=True, text=True, timeout=TIMEOUT, check=False, env=environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "5 rows, 2 distinct texts translated, " in done.stderr
    assert re.search(r"[1-9]\d* tokens/s, [\d.]+ per million characters", done.stderr)
    station, thanks = (near_best(in_process, text, "en", "de") for text in texts[:2])
    head, *rows = (tmp_path / "out" / "a.csv").read_text().splitlines()
    assert head == "n,text,text_de,text_de_warnings"
    for row, best in zip(rows, (station, thanks, station), strict=True):
        assert row.split(",")[2] in best
    table = pq.read_table(tmp_path / "out" / "b.parquet").to_pydict()
    assert (table["n"], table["text"]) == ([1, 2], ["Thank you.", None])
    assert table["text_de"][0] in thanks
    assert table["text_de"][1] is None
    assert table["text_de_warnings"] == [[], None]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.csv", "b.parquet"]


def test_ctrl_c_stops_the_workers_too(cache: Path, tmp_path: Path) -> None:
    source, partial = tmp_path / "in", tmp_path / "out.partial"
    source.write_text("".join(f"There are {i} houses in this long street.\n" for i in range(9_999)))
    process = subprocess.Popen(
        command(cache, "-s", "en", str(source), "-o", str(tmp_path / "out")),
        stderr=subprocess.PIPE, text=True, start_new_session=True, env=environment(),
    )  # fmt: skip
    wait_for(lambda: partial.exists() and b"\n" in partial.read_bytes(), "lines are translated")
    os.killpg(process.pid, signal.SIGINT)  # like a terminal, which signals the workers too
    _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 130
    assert errors == "m2m-translate: interrupted; the same command resumes\n"
    wait_for(lambda: not _alive(process.pid), "no process of the group is left")
    assert partial.read_bytes().endswith(b"\n"), "the last line is incomplete"


def test_incompatible_settings_exit_with_2(cache: Path) -> None:
    for flags, message in [
        (
            ["--engine", "reference", "--dtype", "int8"],
            "dtype int8 needs engine ctranslate2 or inflight",
        ),
        (["--beams", "0"], "--beams='0'"),
        (["--api-key", "x"], "--api-key needs --url"),
    ]:
        done = subprocess.run(
            command(cache, "-s", "en", *flags),
            input="x\n", capture_output=True, text=True, timeout=TIMEOUT, check=False,
            env=environment(),
        )  # fmt: skip
        assert (done.returncode, message in done.stderr) == (2, True), done.stderr


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
