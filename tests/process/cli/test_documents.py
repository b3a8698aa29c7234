"""`m2m-translate --documents` against a server."""

import threading
from pathlib import Path

from gpu_pool.errors import TranslationError
from tests.fakes import FakePool
from tests.process.cli.command import (
    BLOCKED,
    Serve,
    run,
    start,
)
from tests.process.conftest import wait_for

SUBTITLES = "1\n00:00:01,000 --> 00:00:02,000\n{}\n\n2\n00:00:03,000 --> 00:00:04,000\n{}\n"


CATALOGUE = '{{"title": "{}", "sizes": [1, 2.50], "note": "{}"}}'


def test_only_the_text_of_documents_changes(
    serve: Serve, gate: threading.Event, tmp_path: Path
) -> None:
    gate.set()
    subtitles, catalogue = tmp_path / "film.srt", tmp_path / "shop.json"
    subtitles.write_text(SUBTITLES.format("Hello there.", "Good bye."))
    catalogue.write_text(CATALOGUE.format("A hat", "It fits."))
    folder = tmp_path / "out"
    flags = (serve(), "--documents", str(subtitles), str(catalogue), "-o", str(folder))
    done = run(*flags, "--progress")
    assert done.returncode == 0, done.stderr.decode()
    assert "4/4" in done.stderr.decode()
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "film.srt": SUBTITLES.format("HELLO THERE.", "GOOD BYE."),
        "shop.json": CATALOGUE.format("A HAT", "IT FITS."),
    }
    assert run(*flags).returncode == 2  # the outputs exist
    assert run(*flags, "--overwrite").returncode == 0


def test_finished_documents_are_not_translated_again(
    serve: Serve, gate: threading.Event, pool: FakePool, tmp_path: Path
) -> None:
    """The second document is in a group of its own, and the first run is killed during it."""
    first, second = tmp_path / "1.json", tmp_path / "2.txt"
    large = '{"title": "A hat", "sizes": [' + "12345, " * 40_000 + "0]}"
    first.write_text(large)
    second.write_text(f"{BLOCKED}\n")
    flags = (serve(), "--documents", str(first), str(second), "-o", str(tmp_path / "out"))
    with start(*flags) as process:
        wait_for(lambda: any(s.text == BLOCKED for s in pool.submitted), "the second has begun")
        process.kill()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "1.json", "1.json.partial.json", "2.txt.partial", "2.txt.partial.json",
    ]  # fmt: skip
    gate.set()
    pool.submitted.clear()
    done = run(*flags)
    assert done.stderr == b"m2m-translate: outputs that were already finished: 1\n"
    assert {segment.text for segment in pool.submitted} == {BLOCKED}
    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == {
        "1.json": large.replace("A hat", "A HAT"),
        "2.txt": f"{BLOCKED.upper()}\n",
    }


def test_a_failing_text_of_a_document_is_named(
    serve: Serve, pool: FakePool, tmp_path: Path
) -> None:
    path = tmp_path / "shop.json"
    path.write_text(CATALOGUE.format("A hat", "secret"))
    pool.failures["secret"] = TranslationError("the model does not end")
    done = run(serve(), "--documents", str(path))
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == (
        f"m2m-translate: {path}: text 2: the server answers 500: the model does not end\n"
    )
