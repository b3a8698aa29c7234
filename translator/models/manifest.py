"""The manifest of a fetched model folder: its origin, and each file's size and SHA-256.

Sizes are compared whenever the folder is opened, which is cheap and detects files that were
truncated, lost or replaced by another release. Hashes take about a second per gigabyte, so they are
compared when the folder is made, when `m2m-server fetch` is run on it again, and before a machine
serves it for the first time (`verified.py`).
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from translator.errors import CheckpointError

MANIFEST_FILE = "manifest.json"
CONVERTED_PREFIX = "ctranslate2-"  # of folders with models converted for CPUs
_BLOCK_BYTES = 1 << 20


class FileRecord(BaseModel):
    """A file as it was when the folder was made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = Field(ge=0)  # bytes
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """A model folder's list of contents, kept in it as `manifest.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str  # as requested: a hub id, a folder's name, or "bundled"
    revision: str | None  # the commit on the hub; None: from a folder without a manifest
    files: dict[str, FileRecord]  # by relative path, with "/"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(record.size for record in self.files.values())

    def write(self, folder: Path) -> None:
        """Write the manifest to `folder` and sync it to the disk."""
        with (folder / MANIFEST_FILE).open("w", encoding="utf-8") as file:
            file.write(self.model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def check_sizes(self, folder: Path) -> None:
        """Raise CheckpointError naming the first file that is missing or of another size."""
        for name, record in self.files.items():
            path = folder / name
            if not path.is_file():
                problem = "is missing"
            elif (size := path.stat().st_size) != record.size:
                problem = f"has {size} bytes instead of {record.size}"
            else:
                continue
            raise CheckpointError(f"{folder} is damaged: {name} {problem}; {_ADVICE}")

    def check_hashes(self, folder: Path, progress: Callable[[int], object]) -> None:
        """Read all files; raise CheckpointError naming the first that has changed.

        `progress` is called with the number of bytes read since the previous call.
        """
        self.check_sizes(folder)
        for name, record in self.files.items():
            if sha256(folder / name, progress) != record.sha256:
                raise CheckpointError(f"{folder} is damaged: {name} has changed; {_ADVICE}")


_ADVICE = "remove the folder and fetch the model again"


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest in `folder`, None if there is none; raises CheckpointError."""
    path = folder / MANIFEST_FILE
    if not path.is_file():
        return None
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"])) or "the file"
        raise CheckpointError(
            f"{path} is damaged: {place}: {error.errors()[0]['msg']}; {_ADVICE}"
        ) from error


def sha256(path: Path, progress: Callable[[int], object] = lambda _: None) -> str:
    """Return the SHA-256 of a file in hexadecimal; `progress` is called with bytes read."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
            progress(len(block))
    return digest.hexdigest()
