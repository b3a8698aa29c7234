"""What has been translated, on disk: equal texts are translated once, and a killed run resumes.

The file has the translations of all distinct texts of a run, by a hash of the text. Memory does not
grow with it.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bulk.errors import RetryableError
from bulk.tables.group import Translated

_KEY_BYTES = 16
_AT_ONCE = 500  # keys of a query
# A killed process loses nothing; a machine that loses power may lose the last seconds.
_SET_UP = """\
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA cache_size = -32768;
CREATE TABLE IF NOT EXISTS texts (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL, translation TEXT NOT NULL, warnings TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS keys ON texts (key);
"""


def store_path(output: Path) -> Path:
    """Return where the store of an output is: beside a file, in a folder."""
    if output.is_dir():
        return output / "texts.partial"
    return output.with_name(f"{output.name}.partial.texts")


class TextStore:
    """Translations by text. One thread uses it; use it as a context manager.

    It leaves no file without a translation.
    """

    def __init__(self, path: Path, fingerprint: dict[str, Any]) -> None:
        """Open or create the file; translations with another fingerprint are not found.

        Raises RetryableError where another run uses it, or it is damaged.
        """
        self._path = path
        self._finished = False
        scope = json.dumps(fingerprint, sort_keys=True).encode()
        self._hash = hashlib.blake2b(hashlib.sha256(scope).digest(), digest_size=_KEY_BYTES)
        self._connection = sqlite3.connect(path, timeout=0)
        try:
            with self._errors():
                self._connection.executescript(_SET_UP)
        except RetryableError:
            self._connection.close()
            raise

    def __enter__(self) -> "TextStore":
        return self

    def __exit__(self, *_: object) -> None:
        with self._errors():
            (kept,) = self._connection.execute("SELECT EXISTS (SELECT 1 FROM texts)").fetchone()
        self._connection.close()
        if self._finished or not kept:
            self._path.unlink(missing_ok=True)

    def find(self, texts: Sequence[str]) -> dict[str, Translated]:
        """Return the translations of those of the texts that have one."""
        by_key = {self._key(text): text for text in texts}
        keys = list(by_key)
        found: dict[str, Translated] = {}
        with self._errors():
            for start in range(0, len(keys), _AT_ONCE):
                part = keys[start : start + _AT_ONCE]
                marks = ",".join("?" * len(part))
                query = f"SELECT key, translation, warnings FROM texts WHERE key IN ({marks})"  # noqa: S608 - only marks
                for key, translation, warnings in self._connection.execute(query, part):
                    found[by_key[key]] = Translated(translation, tuple(warnings.split()))
        return found

    def add(self, translations: Iterable[tuple[str, Translated]]) -> None:
        """Keep translations; once this returns, killing the process does not lose them."""
        rows = [(self._key(text), new.text, " ".join(new.warnings)) for text, new in translations]
        with self._errors(), self._connection:
            self._connection.executemany(
                "INSERT OR IGNORE INTO texts (key, translation, warnings) VALUES (?, ?, ?)", rows
            )

    def finish(self) -> None:
        """Have the file deleted when it is closed: all outputs are complete."""
        self._finished = True

    def _key(self, text: str) -> bytes:
        digest = self._hash.copy()
        digest.update(text.encode())
        return digest.digest()

    @contextmanager
    def _errors(self) -> Iterator[None]:
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
