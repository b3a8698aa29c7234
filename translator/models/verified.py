"""Fetched files are compared with their hashes before they are first served."""

import contextlib
import hashlib
from pathlib import Path

from filelock import FileLock

from translator.models.manifest import Manifest

_FOLDER = "verified"  # in the cache


def check_hashes_once(manifest: Manifest, folder: Path, cache: Path) -> None:
    """Raise CheckpointError if a file of a fetched folder has changed since it was fetched.

    Reading all files takes about a second per gigabyte. So the cache remembers folders that were
    in order, by the sizes and times of their files. Of several processes, one reads; where nothing
    can be written, each does.
    """
    mark = cache / _FOLDER / _state(manifest, folder)
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            mark.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(f"{mark}.lock"))
        if mark.is_file():
            return
        manifest.check_hashes(folder, lambda _: None)
        with contextlib.suppress(OSError):
            mark.touch()


def _state(manifest: Manifest, folder: Path) -> str:
    """Return a hash of what changes when a file is written, moved or replaced."""
    digest = hashlib.sha256(manifest.model_dump_json().encode())
    for name in sorted(manifest.files):
        found = (folder / name).stat()
        figures = found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
        digest.update(f"{folder / name} {figures}\n".encode())
    return digest.hexdigest()[:32]
