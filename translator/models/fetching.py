"""Make a complete model folder of a hub model or another folder: pinned, checked, converted.

Everything is made in a hidden folder beside the target, which is renamed once it is complete. A
process that was killed leaves the hidden folder behind, and the next one continues from it.
"""

import errno
import logging
import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from filelock import FileLock, Timeout

from translator.errors import CheckpointError
from translator.models.checkpoints import (
    Checkpoint,
    is_hub_id,
    is_weights,
    read_config,
    read_folder,
)
from translator.models.converted import is_converted
from translator.models.family import family_of
from translator.models.manifest import (
    CONVERTED_PREFIX,
    MANIFEST_FILE,
    FileRecord,
    Manifest,
    read_manifest,
    sha256,
)
from translator.models.sources import Report, Source, open_source, sync

_log = logging.getLogger(__name__)
_LOCK_FILE = ".lock"
# An upper bound on the size of the converted model: int8, of weights that have 16 bits.
_CONVERTED_SHARE = 0.5

# Shows progress: a label, the total in bytes, and how many bytes are already done.
Progress = Callable[[str, int, int], AbstractContextManager[Report]]
# Converts a checkpoint for CPUs into a new folder inside the checkpoint's; returns that folder.
Convert = Callable[[Checkpoint], Path]


def fetch(
    model: str,
    folder: Path,
    progress: Progress,
    *,
    revision: str | None = None,
    convert: Convert | None = None,
) -> Manifest:
    """Make `folder` hold `model` ("bundled", a folder, or a hub id), complete and checked.

    If it does already, every file is compared with its checksum. With `convert`, the converted
    model is added. Raises CheckpointError saying what to do; `folder` is then as it was before.
    """
    conversion = convert is not None
    folder = folder.expanduser().absolute()
    _check_place(folder)
    existing = read_manifest(folder) if folder.is_dir() else None
    if existing is not None:
        _check_existing(existing, folder, model, revision, conversion=conversion)
        _check_hashes(existing, folder, progress)
        return existing
    source = open_source(model, revision)
    _log.info("%s%s", source.model, f" at {source.revision}" if source.revision else "")
    partial = folder.with_name(f".{folder.name}.partial")
    try:
        partial.mkdir(parents=True, exist_ok=True)
        with FileLock(partial / _LOCK_FILE, timeout=0):
            _check_space(source, partial, conversion=conversion)
            _bring(source, partial, progress)
            _remove_others(source, partial)
            if convert is not None:
                _convert(source.model, partial, convert)
            manifest = _write_manifest(source, partial, progress)
            _finish(partial, folder)
    except Timeout as error:
        raise CheckpointError(f"another process is fetching into {folder}: wait for it") from error
    except OSError as error:
        raise CheckpointError(_explain_disk(error, folder)) from error
    return manifest


def _check_place(folder: Path) -> None:
    """Refuse a target that cannot be replaced by a renamed folder, or has other content."""
    if not folder.is_dir():
        if folder.exists():
            raise CheckpointError(f"{folder} is a file; name a folder that does not exist yet")
    elif not (folder / MANIFEST_FILE).is_file():
        if os.path.ismount(folder):
            raise CheckpointError(
                f"{folder} is a mounted volume; name a folder inside it, such as {folder}/model"
            )
        if any(folder.iterdir()):
            raise CheckpointError(
                f"{folder} holds something else; name a folder that does not exist yet"
            )


def _check_existing(
    manifest: Manifest, folder: Path, model: str, revision: str | None, *, conversion: bool
) -> None:
    """Refuse a fetched folder with another model or revision, or without a conversion."""
    # Without network access: a complete folder stays usable if the hub cannot be reached.
    name = model if is_hub_id(model) else open_source(model, None).model
    if manifest.model != name:
        raise CheckpointError(f"{folder} holds {manifest.model}, not {name}; name another folder")
    if revision not in (None, manifest.revision):
        raise CheckpointError(
            f"{folder} holds revision {manifest.revision}; name another folder for {revision}"
        )
    if conversion and not any(name.startswith(CONVERTED_PREFIX) for name in manifest.files):
        raise CheckpointError(
            f"{folder} was made with --no-conversion; name another folder, or repeat that flag"
        )


def _check_hashes(manifest: Manifest, folder: Path, progress: Progress) -> None:
    with progress("checking", manifest.size, 0) as report:
        manifest.check_hashes(folder, report)
    _log.info("the folder is complete, and every checksum is right")


def _check_space(source: Source, partial: Path, *, conversion: bool) -> None:
    total = sum(source.sizes.values())
    present = sum(source.present(name, partial) for name in source.sizes)
    needed = int(total * (1 + _CONVERTED_SHARE * conversion)) - present
    free = shutil.disk_usage(partial).free
    if free < needed:
        raise CheckpointError(
            f"{partial.parent} has {free / 1e9:.2f} GB free and {source.model} needs "
            f"{needed / 1e9:.2f} GB; free some, or name a folder on another disk"
        )


def _bring(source: Source, partial: Path, progress: Progress) -> None:
    """Bring all files; small ones come first, and are checked before the weights follow."""
    first_weights = next((name for name in source.sizes if is_weights(name)), None)
    present = sum(source.present(name, partial) for name in source.sizes)
    with progress("fetching", sum(source.sizes.values()), present) as report:
        for name in source.sizes:
            if name == first_weights:
                family = family_of(partial)
                _log.info("the licence of %s's weights is %s", family.name, family.licence)
            source.bring(name, partial, report)
            if name == "config.json" and not is_converted(source.sizes):
                read_config(partial)


def _remove_others(source: Source, partial: Path) -> None:
    """Remove files of earlier runs that this one does not need."""
    for path in partial.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name not in source.sizes and path.name != _LOCK_FILE:
            path.unlink()


def _convert(name: str, partial: Path, convert: Convert) -> None:
    for path in convert(read_folder(name, partial)).iterdir():
        sync(path)


def _write_manifest(source: Source, partial: Path, progress: Progress) -> Manifest:
    """Write the manifest of what is in `partial`, read back from the disk."""
    files = sorted(path for path in partial.rglob("*") if path.is_file())
    files = [path for path in files if path.name not in (_LOCK_FILE, MANIFEST_FILE)]
    with progress("checksums", sum(path.stat().st_size for path in files), 0) as report:
        records = {
            path.relative_to(partial).as_posix(): FileRecord(
                size=path.stat().st_size, sha256=sha256(path, report)
            )
            for path in files
        }
    manifest = Manifest(model=source.model, revision=source.revision, files=records)
    manifest.write(partial)
    return manifest


def _finish(partial: Path, folder: Path) -> None:
    """Rename the complete folder to its final name, and sync."""
    sync(partial)
    (partial / _LOCK_FILE).unlink()  # it is still locked, but must not be in the result
    partial.replace(folder)
    sync(folder.parent)


def _explain_disk(error: OSError, folder: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"no space is left for {folder}; free some and run the same command again"
    return f"cannot write {folder}: {error.strerror or error}; name a folder that can be written"
