"""An output file that survives interruptions: `OUT.partial` until it is complete, then `OUT`.

The sidecar `OUT.partial.json` identifies the input and the options. With both files a run can
resume: complete lines of the partial file are kept, and not translated again.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from bulk.errors import InputError, RetryableError
from bulk.lines import Line

Fingerprint = dict[str, Any]  # JSON values; equal fingerprints mean equal outputs


class Output:
    """One output file. Use it as a context manager; `resume` or `clear` before
    `write`."""

    def __init__(self, path: Path, fingerprint: Fingerprint | None, *, overwrite: bool) -> None:
        """Open or create the partial file; `overwrite` replaces existing files.

        Without a fingerprint a run cannot be resumed. Raises InputError where the output exists, or
        a partial file has another fingerprint, and RetryableError where another run is writing it.
        """
        self._path = path
        self._partial = path.with_name(f"{path.name}.partial")
        self._sidecar = sidecar(path)
        self._fingerprint = fingerprint
        state = _read(self._sidecar)
        fits = fingerprint is not None and state.get("of") == fingerprint
        if fits and state.get("finished"):
            if self._partial.exists():  # killed just before the rename
                self._partial.replace(path)
            if path.exists():
                self.finished = True
                return
        self.finished = False  # by an earlier run
        if not overwrite:
            self._refuse_to_replace(fits=fits)
        self._file = self._open()
        if not fits or state.get("finished"):
            self._file.truncate(0)
            self._note(finished=False)

    def __enter__(self) -> "Output":
        return self

    def __exit__(self, *_: object) -> None:
        if not self.finished:
            self._file.close()

    def resume(self, lines: Iterator[Line]) -> int:
        """Return the number of complete lines, and consume as many from `lines`.

        An incomplete line is dropped. Raises InputError where a line does not fit its input.
        """
        done = 0
        position = 0
        self._file.seek(0)
        while (written := self._file.readline()).endswith(b"\n"):
            line = next(lines, None)
            if line is None or not _corresponds(written, line):
                raise InputError(
                    f"{self._partial} is damaged at line {done + 1}; remove it to start over"
                )
            done += 1
            position += len(written)
        self._file.truncate(position)
        self._file.seek(position)
        return done

    def clear(self) -> BinaryIO:
        """Drop the content of a partial file that cannot be resumed; return it for writing."""
        self._file.seek(0)
        self._file.truncate(0)
        return self._file

    def write(self, data: bytes) -> None:
        """Append complete lines; once this returns, killing the process does not lose them."""
        self._file.write(data)
        self._file.flush()

    def finish(self) -> None:
        """Rename the file to its final name, atomically. The sidecar stays until the run ends."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._note(finished=True)
        self._partial.replace(self._path)

    def _note(self, *, finished: bool) -> None:
        """Write the sidecar atomically."""
        if self._fingerprint is None:
            self._sidecar.unlink(missing_ok=True)
            return
        temporary = self._path.with_name(f"{self._path.name}.partial.new")
        state = {"finished": finished, "of": self._fingerprint}
        temporary.write_text(json.dumps(state, indent=1) + "\n", "utf-8")
        temporary.replace(self._sidecar)

    def _refuse_to_replace(self, *, fits: bool) -> None:
        if self._path.exists():
            raise InputError(f"{self._path} exists; --overwrite replaces it")
        if not fits and self._partial.exists() and self._partial.stat().st_size:
            raise InputError(
                f"{self._partial} belongs to another input, model or options; remove it, or "
                "replace it with --overwrite"
            )

    def _open(self) -> BinaryIO:
        self._partial.touch()
        file = self._partial.open("r+b")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise RetryableError(f"another run is writing {self._partial}") from None
        return file


def sidecar(path: Path) -> Path:
    """Return the sidecar of the output `path`."""
    return path.with_name(f"{path.name}.partial.json")


def _corresponds(written: bytes, line: Line) -> bool:
    """Return True if a line can be another's translation: same ending, and blank if it is."""
    if line.blank:
        return written == line.render(line.text)
    return bool(line.end) and written.endswith(b"\r\n") == (line.end == "\r\n")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def forget(outputs: Iterable[Path]) -> None:
    """Remove the sidecars of finished outputs."""
    for output in outputs:
        sidecar(output).unlink(missing_ok=True)
