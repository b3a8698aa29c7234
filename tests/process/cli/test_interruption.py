"""A run of `m2m-translate` that is interrupted resumes when it is started again."""

import signal
import threading
from pathlib import Path

import pytest

from tests.fakes import FakePool
from tests.process.cli.command import (
    LINES,
    LINES_BEFORE_BLOCKED,
    TEXT,
    TRANSLATION,
    Serve,
    count_lines,
    run,
    start,
)
from tests.process.conftest import TIMEOUT, wait_for


@pytest.mark.parametrize(
    ("number", "code", "message"),
    [
        (signal.SIGKILL, -signal.SIGKILL, ""),
        (signal.SIGINT, 130, "m2m-translate: interrupted; the same command resumes\n"),
    ],
)
def test_a_killed_run_resumes(
    serve: Serve, gate: threading.Event, source: Path, number: int, code: int, message: str
) -> None:
    target, partial = source.with_name("out.txt"), source.with_name("out.txt.partial")
    flags = (serve(), str(source), "-o", str(target))
    process = start(*flags)
    wait_for(
        lambda: count_lines(partial) >= LINES_BEFORE_BLOCKED,
        "the batches before the blocked one are written",
    )
    process.send_signal(number)
    _, errors = process.communicate(timeout=TIMEOUT)  # without waiting for pending requests
    assert (process.returncode, errors) == (code, message)
    assert not target.exists()
    written = partial.read_bytes()
    assert TRANSLATION.startswith(written)
    gate.set()
    done = run(*flags)
    lines = written.count(b"\n")
    assert done.stderr.decode() == (
        f"m2m-translate: {lines} lines already existed, {500 - lines} are new\n"
    )
    assert done.returncode == 0
    assert target.read_bytes() == TRANSLATION
    assert sorted(path.name for path in source.parent.iterdir()) == ["in.txt", "out.txt"]


def test_a_resumed_run_sends_only_missing_lines(
    serve: Serve, gate: threading.Event, pool: FakePool, source: Path
) -> None:
    flags = (serve(), str(source), "-o", str(source.with_name("out.txt")))
    process = start(*flags)
    wait_for(
        lambda: count_lines(source.with_name("out.txt.partial")) >= LINES_BEFORE_BLOCKED,
        "the blocked batch is reached",
    )
    process.kill()
    process.communicate()
    gate.set()
    pool.submitted.clear()
    assert run(*flags).returncode == 0
    assert {segment.text for segment in pool.submitted} == {
        line.strip() for line in LINES[LINES_BEFORE_BLOCKED:] if line.strip()
    }
    assert all(bulk for _, bulk in pool.askers)


def test_a_run_with_other_options_does_not_resume(
    serve: Serve, gate: threading.Event, source: Path
) -> None:
    url, target = serve(), source.with_name("out.txt")
    process = start(url, str(source), "-o", str(target))
    wait_for(
        lambda: count_lines(source.with_name("out.txt.partial")) >= LINES_BEFORE_BLOCKED,
        "the blocked batch is reached",
    )
    process.kill()
    process.communicate()
    gate.set()
    other = run(url, "-t", "fr", str(source), "-o", str(target))
    assert (other.returncode, b"another input, model or options" in other.stderr) == (2, True)
    source.write_bytes(TEXT + b"\nOne more.")
    changed = run(url, str(source), "-o", str(target))
    assert changed.returncode == 2
    fresh = run(url, str(source), "-o", str(target), "--overwrite")
    assert (fresh.returncode, target.read_bytes()) == (0, TRANSLATION + b"\nONE MORE.")
