"""A SQLite file beside an output, which keeps what a run has done until the output is complete."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bulk.errors import RetryableError

# A killed process loses nothing; a machine that loses power may lose the last seconds.
_SET_UP = """\
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA cache_size = -32768;
"""


def database_path(output: Path, kind: str) -> Path:
    """Return where the database of an output is: beside a file, in a folder."""
    if output.is_dir():
        return output / f"{kind}.partial"
    return output.with_name(f"{output.name}.partial.{kind}")


class PartialDatabase:
    """The file. One thread uses it."""

    def __init__(self, path: Path, schema: str) -> None:
        """Open or create the file. Raises RetryableError where another run uses it, or it is
        damaged."""
        self._path = path
        self.connection = sqlite3.connect(path, timeout=0)
        try:
            with self.errors():
                self.connection.executescript(_SET_UP + schema)
        except RetryableError:
            self.connection.close()
            raise

    def close(self, *, keep: bool) -> None:
        """Close the file, and remove it unless it is to be kept."""
        self.connection.close()
        if not keep:
            self._path.unlink(missing_ok=True)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Name the file in errors; SQLite's messages have no values."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname == "SQLITE_BUSY":
                raise RetryableError(f"another run is writing {self._path}") from None
            raise RetryableError(f"{self._path}: {error}") from error
        except sqlite3.DatabaseError as error:
            message = f"{self._path}: {error}; remove it to translate everything again"
            raise RetryableError(message) from error
