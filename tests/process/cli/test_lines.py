"""Lines through `m2m-translate` and a server: files, standard input, shards, progress."""

import threading
from pathlib import Path

from tests.fakes import FakePool
from tests.process.cli.command import (
    TEXT,
    TRANSLATION,
    Serve,
    run,
)


def test_standard_input_is_translated_to_standard_output(
    serve: Serve, gate: threading.Event
) -> None:
    gate.set()
    done = run(serve(), stdin=TEXT)
    assert (done.returncode, done.stdout, done.stderr) == (0, TRANSLATION, b"")


def test_concatenated_shards_are_the_complete_output(
    serve: Serve, gate: threading.Event, source: Path
) -> None:
    gate.set()
    url = serve()
    parts = [run(url, str(source), "--shard", f"{i}/3") for i in range(3)]
    assert [part.returncode for part in parts] == [0, 0, 0]
    assert b"".join(part.stdout for part in parts) == TRANSLATION
    assert min(len(part.stdout) for part in parts) > len(TRANSLATION) / 4


def test_several_files_are_translated_into_a_folder(
    serve: Serve, gate: threading.Event, source: Path
) -> None:
    gate.set()
    second = source.with_name("empty.txt")
    second.touch()
    folder = source.with_name("out")
    done = run(serve(), str(source), str(second), "-o", str(folder))
    assert (done.returncode, done.stderr) == (0, b"")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "in.txt": TRANSLATION,
        "empty.txt": b"",
    }


def test_a_server_with_low_limits_is_sent_smaller_requests(
    serve: Serve, gate: threading.Event, source: Path
) -> None:
    """It answers 429 while two requests are in progress, and 413 to those with too many texts."""
    gate.set()
    done = run(serve(http_threads=2, max_texts=20), str(source), "--concurrency", "6")
    assert (done.returncode, done.stdout) == (0, TRANSLATION)


def test_progress_is_shown_on_request(serve: Serve, gate: threading.Event, source: Path) -> None:
    gate.set()
    done = run(serve(), str(source), "--progress")
    assert (done.returncode, done.stdout) == (0, TRANSLATION)
    assert b"in.txt: 100%" in done.stderr
    assert b"500/500" in done.stderr
    assert b"lines/s]" in done.stderr


def test_doubtful_translations_are_counted(serve: Serve, pool: FakePool) -> None:
    pool.warnings = {"one": ("length", "repetition"), "two": ("length",)}
    done = run(serve(), stdin=b"one\ntwo\nthree\n")
    assert (done.returncode, done.stdout) == (0, b"ONE\nTWO\nTHREE\n")
    assert done.stderr == b"m2m-translate: doubtful translations: length 2, repetition 1\n"
