"""Exit codes and messages of `m2m-translate` for invalid input and failures."""

import subprocess
import threading
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from bulk.cli import main
from gpu_pool.errors import TranslationError
from tests.fakes import FakePool
from tests.process.cli.command import (
    COMMAND,
    LINES,
    TEXT,
    Serve,
    run,
    start,
)
from tests.process.conftest import TIMEOUT


def test_a_failing_line_is_named(serve: Serve, pool: FakePool, tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_text("fine\n\nsecret\n")
    pool.failures["secret"] = TranslationError("the model does not end")
    target = tmp_path / "out"
    done = run(serve(), str(path), "-o", str(target))
    assert done.returncode == 1
    assert done.stderr.decode() == (
        f"m2m-translate: {path}: line 3: the server answers 500: the model does not end\n"
    )
    assert not target.exists()


@pytest.mark.parametrize(
    ("data", "flags", "message"),
    [
        (b"fine\n\xff\xfe\n", [], "line 2 is not UTF-8"),
        (b"x" * 2_000, [], "line 1: the server answers 413"),
        (b"fine\n", ["--shard", "0/2"], "--shard needs a file"),
        (b"fine\n", ["--shard", "2/2"], "must be i/n"),
        (b"fine\n", ["-t", "xx"], "--target must be one of"),
        (b"fine\n", ["-t", "en"], "both en"),
        (b"fine\n", ["--model", "bundled"], "--model cannot be used with --url"),
        (b"fine\n", ["--timeout", "601"], "at most 600 seconds"),
        (b"fine\n", ["--concurrency", "0"], "whole number of at least 1"),
        (b"fine\n", ["nowhere.txt"], "nowhere.txt is missing"),
        (b"fine\n", ["FOLDER"], "is a folder"),
        (b"fine\n", ["-o", "FOLDER"], "is a folder"),
        (b"fine\n", ["IN", "IN"], "several inputs need a folder"),
        (b"fine\n", ["IN", "-o", "IN"], "is both input and output"),
        (b"fine\n", ["IN", "IN", "-o", "FOLDER"], "two inputs have the same name"),
        (b"fine\n", ["IN", "/dev/null", "-o", "IN"], "is not a folder"),
        (b"fine\n", ["--documents"], "--documents needs files"),
        (b"fine\n", ["--documents", COMMAND], "must end with one of .adoc"),
        (b"fine\n", ["--documents", "IN", "--shard", "0/2"], "cannot be used with --documents"),
        (b"fine\n", ["--documents", "BROKEN"], "broken.json: "),
        (b"fine\n", ["--documents", "--table"], "not allowed with"),
        (b"fine\n", ["--columns", "text"], "--columns needs --table"),
        (b"fine\n", ["--price-per-hour", "2"], "--price-per-hour needs --table"),
        (b"fine\n", ["--table", "--price-per-hour", "0"], "must be a positive number"),
        (b"fine\n", ["--table", "IN", "--shard", "0/2"], "cannot be used with --table"),
        (b"fine\n", ["--table", "IN", "--option", "columns=a"], "--option needs --documents"),
        (b"fine\n", ["--table", "IN"], "--table needs files, or a folder of tables, and --output"),
        (b"fine\n", ["--table", "FOLDER", "-o", "new"], "has no tables"),
        (b"fine\n", ["--ray", "auto"], "--ray needs --table"),
        (b"fine\n", ["--ray", "auto", "--table", "IN"], "--ray cannot be used with --url"),
        (b"fine\n", ["--gpus-per-actor", "0.5"], "--gpus-per-actor needs --ray"),
        (b"fine\n", ["--gpus-per-actor", "2"], "must be a number from 0 to 1"),
        (b"fine\n", ["--urll", "x"], "unrecognized arguments: --urll"),
    ],
)
def test_invalid_input_and_options_exit_with_2(
    serve: Serve,
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    data: bytes,
    flags: list[str],
    message: str,
) -> None:
    """Called in this process, which is faster."""
    broken = source.with_name("broken.json")
    broken.write_text('{"a": ')
    names = {"IN": str(source), "FOLDER": str(source.parent), "BROKEN": str(broken)}
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(data)))
    url = serve(max_characters=1_000)
    flags = [names.get(flag, flag) for flag in flags]
    try:
        code: object = main(["-s", "en", "-t", "de", "--url", url, *flags])
    except SystemExit as exit_:  # of argparse
        code = exit_.code
    errors = capsys.readouterr().err
    assert (code, message in errors) == (2, True), errors
    assert {path.name for path in source.parent.iterdir()} == {"in.txt", "broken.json"}


def test_a_closed_standard_output_exits_with_1(
    serve: Serve, gate: threading.Event, source: Path
) -> None:
    gate.set()
    source.write_bytes(TEXT * 50)
    process = start(serve(), str(source))
    assert process.stdout is not None
    assert process.stdout.readline() == LINES[0].upper().replace("\r", "") + "\n"
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(TIMEOUT) == 1


def test_a_full_disk_exits_with_1(serve: Serve) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [COMMAND, "-s", "en", "-t", "de", "--url", serve()],
            input=b"one\n", stdout=full, stderr=subprocess.PIPE, timeout=TIMEOUT, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr
