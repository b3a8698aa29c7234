"""Output files: whole or partial, and never the wrong one."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk.errors import InputError, RetryableError
from bulk.lines import Line, read_lines
from bulk.output import Output, forget, sidecar

PRINT = {"sha256": "1", "target": "de"}
TEXT = b"one\n\ntwo\r\n  \nthree"
WHOLE = b"ONE\n\nTWO\r\n  \nTHREE"


def lines(data: bytes = TEXT) -> Iterator[Line]:
    return read_lines(BytesIO(data), "in")


def go_on(path: Path, *, overwrite: bool = False) -> tuple[int, bool]:
    """Write the rest; return how many lines there were, and whether it was finished before."""
    with Output(path, PRINT, overwrite=overwrite) as output:
        if output.finished:
            return 0, True
        rest = lines()
        done = output.resume(rest)
        for line in rest:
            output.write(line.render(line.text.upper()))
        output.finish()
        return done, False


def stop_after(path: Path, data: bytes, fingerprint: dict[str, str] | None = PRINT) -> None:
    """Write so much, and then no more, as a killed process does."""
    with Output(path, fingerprint, overwrite=False) as output:
        output.write(data)


@given(cut=st.integers(0, len(WHOLE)))
def test_wherever_it_was_cut_the_rest_is_added(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("cut") / "out"
    stop_after(path, WHOLE[:cut])
    assert not path.exists()
    assert go_on(path) == (WHOLE[:cut].count(b"\n"), False)
    assert path.read_bytes() == WHOLE
    forget([path])
    assert list(path.parent.iterdir()) == [path]


def test_a_finished_file_is_not_done_again_in_the_same_run(tmp_path: Path) -> None:
    path = tmp_path / "out"
    assert go_on(path) == (0, False)
    assert go_on(path) == (0, True)


def test_killed_between_the_last_line_and_the_name(tmp_path: Path) -> None:
    path = tmp_path / "out"
    go_on(path)
    path.rename(tmp_path / "out.partial")
    assert go_on(path) == (0, True)
    assert path.read_bytes() == WHOLE


def test_a_finished_file_that_was_removed_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "out"
    go_on(path)
    path.unlink()
    assert go_on(path) == (0, False)
    assert path.read_bytes() == WHOLE


def test_a_foreign_output_is_replaced_only_on_request(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"precious")
    with pytest.raises(InputError, match="--overwrite"):
        go_on(path)
    assert path.read_bytes() == b"precious"
    assert go_on(path, overwrite=True) == (0, False)
    assert path.read_bytes() == WHOLE


@pytest.mark.parametrize("fingerprint", [None, PRINT | {"target": "fr"}])
def test_a_partial_file_of_something_else_is_not_continued(
    tmp_path: Path, fingerprint: dict[str, str] | None
) -> None:
    path = tmp_path / "out"
    stop_after(path, b"UN\n", fingerprint)
    with pytest.raises(InputError, match="another input"):
        go_on(path)
    assert (tmp_path / "out.partial").read_bytes() == b"UN\n"
    assert go_on(path, overwrite=True) == (0, False)
    assert path.read_bytes() == WHOLE


def test_a_sidecar_that_cannot_be_read_fits_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out"
    stop_after(path, b"ONE\n")
    sidecar(path).write_bytes(b"{")
    with pytest.raises(InputError, match="another input"):
        go_on(path)


def test_without_a_fingerprint_nothing_is_continued(tmp_path: Path) -> None:
    path = tmp_path / "out"
    stop_after(path, b"ONE\n", None)
    with pytest.raises(InputError, match="another input"):
        stop_after(path, b"ONE\n", None)
    assert not sidecar(path).exists()


@pytest.mark.parametrize(
    "written",
    [b"ONE\nX\n", b"ONE\r\n", b"ONE\n\nTWO\n", b"ONE\n\nTWO\r\n  \nTHREE\n", b"ONE\n" + b"\n" * 9],
)
def test_lines_that_do_not_correspond_are_damage(tmp_path: Path, written: bytes) -> None:
    path = tmp_path / "out"
    stop_after(path, written)
    with pytest.raises(InputError, match="damaged at line"):
        go_on(path)
    assert (tmp_path / "out.partial").read_bytes() == written


def test_two_runs_cannot_write_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with Output(path, PRINT, overwrite=False) as output:
        with pytest.raises(RetryableError, match="another run"):
            go_on(path)
        output.write(b"ONE\n")
    assert go_on(path) == (1, False)
