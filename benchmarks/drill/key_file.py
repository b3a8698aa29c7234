"""The file of API keys that all servers read, changed while they run."""

import os
import secrets
from pathlib import Path

from server.auth.keys import digest_of


class KeyFile:
    """Two clients: `jobs` keeps its key, that of the others is replaced now and then."""

    def __init__(self, path: Path) -> None:
        """Write the file."""
        self.path = path
        self.jobs = secrets.token_urlsafe(32)
        self.others = secrets.token_urlsafe(32)  # clients read it before each request
        self._number = 0
        self._write({"jobs": self.jobs, "others0": self.others})

    def add(self) -> str:
        """Make a second key for the others valid; return it."""
        self._number += 1
        added = secrets.token_urlsafe(32)
        old = f"others{self._number - 1}"
        self._write({"jobs": self.jobs, old: self.others, f"others{self._number}": added})
        return added

    def use(self, key: str) -> str:
        """Let the others use a key from now on; return the one that they had."""
        before, self.others = self.others, key
        return before

    def remove_old(self) -> None:
        """Leave only the keys in use."""
        self._write({"jobs": self.jobs, f"others{self._number}": self.others})

    def spoil(self) -> None:
        """Make the mistake of an operator: the file is no TOML."""
        self._replace("[jobs\n")

    def _write(self, keys: dict[str, str]) -> None:
        tables = [f'[{name}]\nsha256 = "{digest_of(key)}"\n' for name, key in keys.items()]
        self._replace("".join(tables))

    def _replace(self, text: str) -> None:
        new = self.path.with_suffix(".new")
        new.write_text(text, "utf-8")
        os.replace(new, self.path)
