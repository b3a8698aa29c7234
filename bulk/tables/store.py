"""What has been translated, on disk: equal texts are translated once, and a killed run resumes.

The file has the translations of all distinct texts of a run, by a hash of the text. Memory does not
grow with it.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bulk.tables.group import Translated
from bulk.tables.partial_database import PartialDatabase

_KEY_BYTES = 16
_AT_ONCE = 500  # keys of a query
_SCHEMA = """\
CREATE TABLE IF NOT EXISTS texts (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL, translation TEXT NOT NULL, warnings TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS keys ON texts (key);
"""


class TextStore:
    """Translations by text. One thread uses it; use it as a context manager.

    It leaves no file without a translation.
    """

    def __init__(self, path: Path, fingerprint: dict[str, Any]) -> None:
        """Open or create the file; translations with another fingerprint are not found.

        Raises RetryableError where another run uses it, or it is damaged.
        """
        self._finished = False
        scope = json.dumps(fingerprint, sort_keys=True).encode()
        self._hash = hashlib.blake2b(hashlib.sha256(scope).digest(), digest_size=_KEY_BYTES)
        self._database = PartialDatabase(path, _SCHEMA)
        self._connection = self._database.connection

    def __enter__(self) -> "TextStore":
        return self

    def __exit__(self, *_: object) -> None:
        with self._database.errors():
            (kept,) = self._connection.execute("SELECT EXISTS (SELECT 1 FROM texts)").fetchone()
        self._database.close(keep=kept and not self._finished)

    def find(self, texts: Sequence[str]) -> dict[str, Translated]:
        """Return the translations of those of the texts that have one."""
        by_key = {self._key(text): text for text in texts}
        keys = list(by_key)
        found: dict[str, Translated] = {}
        with self._database.errors():
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
        with self._database.errors(), self._connection:
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
