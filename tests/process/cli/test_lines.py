"""`m2m-translate` as its users run it, against a server; killed in the middle, and run again."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from bulk.cli import main
from gpu_pool.errors import TranslationError
from server.app import create_app
from server.core.settings import Settings
from server.http.waitress_server import HttpServer
from server.services import make_services
from tests.fakes import FakePool, served_model
from tests.process.conftest import wait_for

COMMAND = str(Path(sys.executable).with_name("m2m-translate"))
PATIENCE = 60.0  # seconds
LINES = [
    "" if i % 7 == 3 else f"  Line {i}, über alles.{chr(13) if i % 5 == 0 else ''}"
    for i in range(500)
]
TEXT = "\n".join(LINES).encode()
WHOLE = TEXT.decode().upper().encode()
STOP = "Line 300, über alles."


class Gate:
    """Upper-cases; a text that is STOP waits until the gate is open."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def __call__(self, text: str) -> str:
        if text == STOP:
            assert self.open.wait(PATIENCE)
        return text.upper()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def pool(gate: Gate) -> FakePool:
    return FakePool(translate=gate)


Serve = Callable[..., str]


@pytest.fixture
def serve(pool: FakePool, gate: Gate) -> Iterator[Serve]:
    """`serve(http_threads=2)` returns the address of a server with these settings."""
    servers: list[HttpServer] = []

    def serve(**settings: int) -> str:
        limits = Settings(port=0, **settings)  # type: ignore[arg-type]
        server = HttpServer(create_app(make_services(pool, served_model(), limits)), limits)
        server.start()
        servers.append(server)
        return server.url

    yield serve
    gate.open.set()
    for server in servers:
        server.close()


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if "TRANSLATION" not in name}


def start(url: str, *flags: str) -> "subprocess.Popen[str]":
    command = [COMMAND, "-s", "en", "-t", "de", "--url", url, *flags]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )


def run(url: str, *flags: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    command = [COMMAND, "-s", "en", "-t", "de", "--url", url, *flags]
    return subprocess.run(
        command, input=stdin, capture_output=True, timeout=PATIENCE, check=False, env=environment()
    )


def count(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.txt"
    path.write_bytes(TEXT)
    return path


@pytest.mark.parametrize(
    ("number", "code", "message"),
    [
        (signal.SIGKILL, -signal.SIGKILL, ""),
        (signal.SIGINT, 130, "m2m-translate: interrupted; the same command resumes\n"),
    ],
)
def test_killed_in_the_middle_it_goes_on_where_it_was(
    serve: Serve, gate: Gate, source: Path, number: int, code: int, message: str
) -> None:
    target, partial = source.with_name("out.txt"), source.with_name("out.txt.partial")
    flags = (serve(), str(source), "-o", str(target))
    process = start(*flags)
    wait_for(lambda: count(partial) >= 288, "all batches before the gate are written")
    process.send_signal(number)
    _, errors = process.communicate(timeout=PATIENCE)  # although requests are unanswered
    assert (process.returncode, errors) == (code, message)
    assert not target.exists()
    written = partial.read_bytes()
    assert WHOLE.startswith(written)
    gate.open.set()
    done = run(*flags)
    lines = written.count(b"\n")
    assert done.stderr.decode() == (
        f"m2m-translate: {lines} lines already existed, {500 - lines} are new\n"
    )
    assert done.returncode == 0
    assert target.read_bytes() == WHOLE
    assert sorted(path.name for path in source.parent.iterdir()) == ["in.txt", "out.txt"]


def test_only_what_is_missing_is_sent_again(
    serve: Serve, gate: Gate, pool: FakePool, source: Path
) -> None:
    flags = (serve(), str(source), "-o", str(source.with_name("out.txt")))
    process = start(*flags)
    wait_for(lambda: count(source.with_name("out.txt.partial")) >= 288, "the gate is reached")
    process.kill()
    process.communicate()
    gate.open.set()
    pool.submitted.clear()
    assert run(*flags).returncode == 0
    assert {segment.text for segment in pool.submitted} == {
        line.strip() for line in LINES[288:] if line.strip()
    }
    assert all(bulk for _, bulk in pool.askers)


def test_other_options_do_not_continue_a_partial_file(
    serve: Serve, gate: Gate, source: Path
) -> None:
    url, target = serve(), source.with_name("out.txt")
    process = start(url, str(source), "-o", str(target))
    wait_for(lambda: count(source.with_name("out.txt.partial")) >= 288, "the gate is reached")
    process.kill()
    process.communicate()
    gate.open.set()
    other = run(url, "-t", "fr", str(source), "-o", str(target))
    assert (other.returncode, b"another input, model or other options" in other.stderr) == (2, True)
    source.write_bytes(TEXT + b"\nOne more.")
    changed = run(url, str(source), "-o", str(target))
    assert changed.returncode == 2
    fresh = run(url, str(source), "-o", str(target), "--overwrite")
    assert (fresh.returncode, target.read_bytes()) == (0, WHOLE + b"\nONE MORE.")


def test_standard_input_to_standard_output(serve: Serve, gate: Gate) -> None:
    gate.open.set()
    done = run(serve(), stdin=TEXT)
    assert (done.returncode, done.stdout, done.stderr) == (0, WHOLE, b"")


def test_shards_one_after_the_other_are_the_whole(serve: Serve, gate: Gate, source: Path) -> None:
    gate.open.set()
    url = serve()
    parts = [run(url, str(source), "--shard", f"{i}/3") for i in range(3)]
    assert [part.returncode for part in parts] == [0, 0, 0]
    assert b"".join(part.stdout for part in parts) == WHOLE
    assert min(len(part.stdout) for part in parts) > len(WHOLE) / 4


def test_several_files_into_a_folder(serve: Serve, gate: Gate, source: Path) -> None:
    gate.open.set()
    second = source.with_name("empty.txt")
    second.touch()
    folder = source.with_name("out")
    done = run(serve(), str(source), str(second), "-o", str(folder))
    assert (done.returncode, done.stderr) == (0, b"")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "in.txt": WHOLE,
        "empty.txt": b"",
    }


SUBTITLES = "1\n00:00:01,000 --> 00:00:02,000\n{}\n\n2\n00:00:03,000 --> 00:00:04,000\n{}\n"
CATALOGUE = '{{"title": "{}", "sizes": [1, 2.50], "note": "{}"}}'


def test_documents_keep_all_that_is_not_text(serve: Serve, gate: Gate, tmp_path: Path) -> None:
    gate.open.set()
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


def test_documents_that_were_finished_are_not_done_again(
    serve: Serve, gate: Gate, pool: FakePool, tmp_path: Path
) -> None:
    """The second does not fit beside the first, and does not come to its end the first time."""
    first, second = tmp_path / "1.json", tmp_path / "2.txt"
    large = '{"title": "A hat", "sizes": [' + "12345, " * 40_000 + "0]}"
    first.write_text(large)
    second.write_text(f"{STOP}\n")
    flags = (serve(), "--documents", str(first), str(second), "-o", str(tmp_path / "out"))
    with start(*flags) as process:
        wait_for(lambda: any(s.text == STOP for s in pool.submitted), "the second is in hand")
        process.kill()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "1.json", "1.json.partial.json", "2.txt.partial", "2.txt.partial.json",
    ]  # fmt: skip
    gate.open.set()
    pool.submitted.clear()
    done = run(*flags)
    assert done.stderr == b"m2m-translate: outputs that were already finished: 1\n"
    assert {segment.text for segment in pool.submitted} == {STOP}
    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == {
        "1.json": large.replace("A hat", "A HAT"),
        "2.txt": f"{STOP.upper()}\n",
    }


def test_a_text_of_a_document_that_fails(serve: Serve, pool: FakePool, tmp_path: Path) -> None:
    path = tmp_path / "shop.json"
    path.write_text(CATALOGUE.format("A hat", "secret"))
    pool.failures["secret"] = TranslationError("the model does not end")
    done = run(serve(), "--documents", str(path))
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == (
        f"m2m-translate: {path}: text 2: the server answers 500: the model does not end\n"
    )


def test_a_server_with_little_room(serve: Serve, gate: Gate, source: Path) -> None:
    """It answers 429 while two requests are in hand, and 413 to those with too many texts."""
    gate.open.set()
    done = run(serve(http_threads=2, max_texts=20), str(source), "--concurrency", "6")
    assert (done.returncode, done.stdout) == (0, WHOLE)


def test_progress_is_shown_on_request(serve: Serve, gate: Gate, source: Path) -> None:
    gate.open.set()
    done = run(serve(), str(source), "--progress")
    assert (done.returncode, done.stdout) == (0, WHOLE)
    assert b"in.txt: 100%" in done.stderr
    assert b"500/500" in done.stderr
    assert b"lines/s]" in done.stderr


def test_doubtful_translations_are_counted(serve: Serve, pool: FakePool) -> None:
    pool.warnings = {"one": ("length", "repetition"), "two": ("length",)}
    done = run(serve(), stdin=b"one\ntwo\nthree\n")
    assert (done.returncode, done.stdout) == (0, b"ONE\nTWO\nTHREE\n")
    assert done.stderr == b"m2m-translate: doubtful translations: length 2, repetition 1\n"


def test_a_line_the_server_cannot_translate(serve: Serve, pool: FakePool, tmp_path: Path) -> None:
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
        (b"fine\n", ["--concurrency", "0"], "whole number from 1"),
        (b"fine\n", ["nowhere.txt"], "nowhere.txt is not there"),
        (b"fine\n", ["FOLDER"], "is a folder"),
        (b"fine\n", ["-o", "FOLDER"], "is a folder"),
        (b"fine\n", ["IN", "IN"], "several inputs need a folder"),
        (b"fine\n", ["IN", "-o", "IN"], "is both input and output"),
        (b"fine\n", ["IN", "IN", "-o", "FOLDER"], "two inputs have the same name"),
        (b"fine\n", ["IN", "/dev/null", "-o", "IN"], "is not a folder"),
        (b"fine\n", ["--documents"], "--documents needs files"),
        (b"fine\n", ["--documents", COMMAND], "--documents supports these suffixes"),
        (b"fine\n", ["--documents", "IN", "--shard", "0/2"], "--documents are not cut"),
        (b"fine\n", ["--documents", "BROKEN"], "broken.json: "),
        (b"fine\n", ["--urll", "x"], "unrecognized arguments: --urll"),
    ],
)
def test_wrong_input_and_options_exit_with_2(
    serve: Serve,
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    data: bytes,
    flags: list[str],
    message: str,
) -> None:
    """In this process, for there are many."""
    broken = source.with_name("broken.json")
    broken.write_text('{"a": ')
    names = {"IN": str(source), "FOLDER": str(source.parent), "BROKEN": str(broken)}
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(data)))
    url = serve(max_characters=1_000)
    words = ["-s", "en", "-t", "de", "--url", url, *(names.get(word, word) for word in flags)]
    try:
        code: object = main(words)
    except SystemExit as exit_:  # of argparse
        code = exit_.code
    errors = capsys.readouterr().err
    assert (code, message in errors) == (2, True), errors
    assert {path.name for path in source.parent.iterdir()} == {"in.txt", "broken.json"}


def test_a_reader_that_has_had_enough(serve: Serve, gate: Gate, source: Path) -> None:
    gate.open.set()
    source.write_bytes(TEXT * 50)
    process = start(serve(), str(source))
    assert process.stdout is not None
    assert process.stdout.readline() == LINES[0].upper().replace("\r", "") + "\n"
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(PATIENCE) == 1


def test_a_full_disk_exits_with_1(serve: Serve) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [COMMAND, "-s", "en", "-t", "de", "--url", serve()],
            input=b"one\n", stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


def test_against_a_server_it_loads_no_model_library() -> None:
    script = (
        "import sys, bulk.cli, bulk.remote\n"
        "heavy = {'torch', 'transformers', 'ctranslate2', 'flask'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
