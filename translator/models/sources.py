"""Sources of a model's files: the hub, or a folder."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from translator.errors import CheckpointError
from translator.models import hub
from translator.models.checkpoints import (
    BUNDLED,
    check_complete,
    is_hub_id,
    local_folder,
    needed_files,
    read_folder,
)
from translator.models.manifest import Manifest, sha256

Report = Callable[[int], object]  # called with the number of new bytes
_BLOCK_BYTES = 1 << 20


class Source(Protocol):
    """The files of one model at one revision."""

    @property
    def model(self) -> str:
        """The model's name in the manifest."""

    @property
    def revision(self) -> str | None:
        """The commit on the hub, if known."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """Bytes of each needed file, small files first."""

    def present(self, name: str, partial: Path) -> int:
        """Return how many bytes of a file are already in `partial`."""

    def bring(self, name: str, partial: Path, report: Report) -> None:
        """Bring the rest of a file and check it. Raises CheckpointError."""


@dataclass(frozen=True, slots=True)
class HubSource:
    """A repository of the hub at one commit. Downloads are resumed."""

    model: str
    revision: str
    files: Mapping[str, hub.HubFile]

    @property
    def sizes(self) -> Mapping[str, int]:
        return {name: file.size for name, file in self.files.items()}

    def present(self, name: str, partial: Path) -> int:
        for path in (partial / name, self._part(name, partial)):
            if path.is_file():
                return path.stat().st_size
        return 0

    def bring(self, name: str, partial: Path, report: Report) -> None:
        file, path, part = self.files[name], partial / name, self._part(name, partial)
        if path.is_file():
            if file.matches(path):
                return
            path.unlink()  # of another revision, or damaged since
        hub.download(self.model, self.revision, file, part, report)
        if not file.matches(part):
            part.unlink()
            raise CheckpointError(
                f"{name} of {self.model} arrived damaged and was removed; run the same command "
                "again"
            )
        sync(part)
        part.replace(path)

    def _part(self, name: str, partial: Path) -> Path:
        """Return the path of an unfinished download; its name has a hash of the complete file."""
        return partial / f"{name}.{self.files[name].blob[:16]}.part"


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A checkpoint folder, which may itself have been fetched."""

    model: str
    folder: Path
    manifest: Manifest | None

    @property
    def revision(self) -> str | None:
        return self.manifest.revision if self.manifest else None

    @property
    def sizes(self) -> Mapping[str, int]:
        names = needed_files(path.name for path in self.folder.iterdir())
        return {name: (self.folder / name).stat().st_size for name in names}

    def present(self, name: str, partial: Path) -> int:
        return 0  # copying is faster than comparing

    def bring(self, name: str, partial: Path, report: Report) -> None:
        path = partial / name
        with (self.folder / name).open("rb") as source, path.open("wb") as target:
            while block := source.read(_BLOCK_BYTES):
                target.write(block)
                report(len(block))
        if self.manifest and sha256(path) != self.manifest.files[name].sha256:
            raise CheckpointError(
                f"{self.folder} is damaged: {name} has changed; fetch the model again"
            )
        sync(path)


def open_source(model: str, revision: str | None) -> Source:
    """Return the source of a model: "bundled", a folder, or a hub id.

    `revision` is a branch, tag or commit of the hub; None: its main branch. Raises CheckpointError.
    """
    if is_hub_id(model):
        commit, listed = hub.list_files(model, revision)
        by_name = {file.name: file for file in listed}
        check_complete(list(by_name), model)
        return HubSource(model, commit, {name: by_name[name] for name in needed_files(by_name)})
    if revision is not None:
        raise CheckpointError("only models of the hub have revisions; omit --revision")
    folder = local_folder(model)
    checkpoint = read_folder(folder.name, folder)
    manifest = checkpoint.manifest
    name = BUNDLED if model == BUNDLED else folder.name
    return FolderSource(manifest.model if manifest else name, folder, manifest)


def sync(path: Path) -> None:
    """Sync a file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
