"""Output files are resumed only for the same input and options, and replaced only on request."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk.errors import InputError, RetryableError
from bulk.lines import Line, read_lines
from bulk.output import Output, forget, sidecar

FINGERPRINT = {"sha256": "1", "target": "de"}
TEXT = b"one\n\ntwo\r\n  \nthree"
TRANSLATION = b"ONE\n\nTWO\r\n  \nTHREE"


def lines(data: bytes = TEXT) -> Iterator[Line]:
    return read_lines(BytesIO(data), "in")


def resume(path: Path, *, overwrite: bool = False) -> tuple[int, bool]:
    """Write missing lines; return the existing ones, and whether the file was already finished."""
    with Output(path, FINGERPRINT, overwrite=overwrite) as output:
        if output.finished:
            return 0, True
        rest = lines()
        done = output.resume(rest)
        for line in rest:
            output.write(line.render(line.text.upper()))
        output.finish()
        return done, False


def stop_after(path: Path, data: bytes, fingerprint: dict[str, str] | None = FINGERPRINT) -> None:
    """Write part of the output, like a process that is then killed."""
    with Output(path, fingerprint, overwrite=False) as output:
        output.write(data)


@given(cut=st.integers(0, len(TRANSLATION)))
def test_a_partial_file_cut_anywhere_is_resumed(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("cut") / "out"
    stop_after(path, TRANSLATION[:cut])
    assert not path.exists()
    assert resume(path) == (TRANSLATION[:cut].count(b"\n"), False)
    assert path.read_bytes() == TRANSLATION
    forget([path])
    assert list(path.parent.iterdir()) == [path]


def test_a_finished_file_is_not_translated_again_in_the_same_run(tmp_path: Path) -> None:
    path = tmp_path / "out"
    assert resume(path) == (0, False)
    assert resume(path) == (0, True)


def test_a_run_killed_before_the_rename_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "out"
    resume(path)
    path.rename(tmp_path / "out.partial")
    assert resume(path) == (0, True)
    assert path.read_bytes() == TRANSLATION


def test_a_finished_file_that_was_removed_is_translated_again(tmp_path: Path) -> None:
    path = tmp_path / "out"
    resume(path)
    path.unlink()
    assert resume(path) == (0, False)
    assert path.read_bytes() == TRANSLATION


def test_an_existing_output_is_replaced_only_on_request(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"other")
    with pytest.raises(InputError, match="--overwrite"):
        resume(path)
    assert path.read_bytes() == b"other"
    assert resume(path, overwrite=True) == (0, False)
    assert path.read_bytes() == TRANSLATION


@pytest.mark.parametrize("fingerprint", [None, FINGERPRINT | {"target": "fr"}])
def test_a_partial_file_with_another_fingerprint_is_not_resumed(
    tmp_path: Path, fingerprint: dict[str, str] | None
) -> None:
    path = tmp_path / "out"
    stop_after(path, b"UN\n", fingerprint)
    with pytest.raises(InputError, match="another input"):
        resume(path)
    assert (tmp_path / "out.partial").read_bytes() == b"UN\n"
    assert resume(path, overwrite=True) == (0, False)
    assert path.read_bytes() == TRANSLATION


def test_an_unreadable_sidecar_matches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out"
    stop_after(path, b"ONE\n")
    sidecar(path).write_bytes(b"{")
    with pytest.raises(InputError, match="another input"):
        resume(path)


def test_a_file_without_a_fingerprint_is_not_resumed(tmp_path: Path) -> None:
    path = tmp_path / "out"
    stop_after(path, b"ONE\n", None)
    with pytest.raises(InputError, match="another input"):
        stop_after(path, b"ONE\n", None)
    assert not sidecar(path).exists()


@pytest.mark.parametrize(
    "written",
    [b"ONE\nX\n", b"ONE\r\n", b"ONE\n\nTWO\n", b"ONE\n\nTWO\r\n  \nTHREE\n", b"ONE\n" + b"\n" * 9],
)
def test_lines_that_do_not_match_the_input_are_damage(tmp_path: Path, written: bytes) -> None:
    path = tmp_path / "out"
    stop_after(path, written)
    with pytest.raises(InputError, match="damaged at line"):
        resume(path)
    assert (tmp_path / "out.partial").read_bytes() == written


def test_two_runs_cannot_write_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with Output(path, FINGERPRINT, overwrite=False) as output:
        with pytest.raises(RetryableError, match="another run"):
            resume(path)
        output.write(b"ONE\n")
    assert resume(path) == (1, False)
