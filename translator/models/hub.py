"""The Hugging Face hub: what a model's repository holds, and its bytes. Errors that say what to do.

`huggingface_hub` keeps no half of a file for the next process (its snapshots begin a file of
gigabytes from the start), so files are read in blocks through its file system, from any offset.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile

from translator.errors import CheckpointError

_BLOCK_BYTES = 8 << 20  # of one request; at most so much is lost when the process is killed
# The base of all that the hub's HTTP library raises, whichever release of it is installed.
_HTTP_ERROR: type[Exception] = HfHubHTTPError.__mro__[1]
_TOKEN_ADVICE = "set HF_TOKEN to a token of an account that may read it"  # noqa: S105


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository at one commit."""

    name: str
    size: int  # bytes
    blob: str  # git's hash of it, which for large files is that of a pointer
    sha256: str | None  # None: a small file, for which `blob` is the hash to check

    def matches(self, path: Path) -> bool:
        """Tell whether a file on this machine is this one, by the hash that the hub tells."""
        algorithm = "sha256" if self.sha256 else "sha1"
        digest = hashlib.new(algorithm, usedforsecurity=False)
        if not self.sha256:
            digest.update(b"blob %d\0" % path.stat().st_size)
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.hexdigest() == (self.sha256 or self.blob)


def list_files(model: str, revision: str | None) -> tuple[str, list[HubFile]]:
    """Return the commit that `revision` (None: the main branch) is now, and the files at its top.

    Raises CheckpointError.
    """
    with explained(model, revision):
        api = HfApi()
        commit = api.model_info(model, revision=revision).sha
        if commit is None:
            raise CheckpointError(f"the hub names no commit of {model}")
        return commit, [
            HubFile(entry.path, entry.size, entry.blob_id, entry.lfs.sha256 if entry.lfs else None)
            for entry in api.list_repo_tree(model, revision=commit)
            if isinstance(entry, RepoFile)
        ]


def download(
    model: str, commit: str, file: HubFile, part: Path, progress: Callable[[int], object]
) -> None:
    """Append to `part`, which holds the beginning of `file` or nothing, all that it lacks.

    `progress` is told of bytes written. Raises CheckpointError; what has arrived stays.
    """
    from huggingface_hub import HfFileSystem  # the server does without it

    with part.open("ab") as output, explained(model, commit):
        files = HfFileSystem(skip_instance_cache=True)
        path = f"{model}@{commit}/{file.name}"
        with files.open(path, "rb", block_size=_BLOCK_BYTES, cache_type="none") as source:
            source.seek(output.tell())
            while missing := max(0, file.size - output.tell()):
                block = source.read(min(_BLOCK_BYTES, missing))
                if not block:
                    raise CheckpointError(
                        f"the hub's {file.name} of {model} is shorter than it says; try later"
                    )
                output.write(block)
                output.flush()
                progress(len(block))


@contextmanager
def explained(model: str, revision: str | None) -> Iterator[None]:
    """Raise what the hub's library raises as a CheckpointError that says what to do."""
    try:
        yield
    except (_HTTP_ERROR, OSError, HFValidationError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of this machine's disk; the hub's errors have no number
        raise CheckpointError(_explain(error, model, revision)) from error


def _explain(error: Exception, model: str, revision: str | None) -> str:
    if isinstance(error, HFValidationError):
        return f"{model!r} is no hub id; one looks like 'facebook/m2m100_418M'"
    if isinstance(error, GatedRepoError):
        return f"the hub gives {model} only to those who asked for it there; {_TOKEN_ADVICE}"
    if isinstance(error, RepositoryNotFoundError):
        return (
            f"the hub has no model {model!r}: check the name, or if it is private, {_TOKEN_ADVICE}"
        )
    if isinstance(error, RevisionNotFoundError):
        return f"the hub has no revision {revision!r} of {model}: name a branch, a tag or a commit"
    if isinstance(error, OfflineModeIsEnabled):
        return "downloads are off (HF_HUB_OFFLINE): unset it, or name a folder with the model"
    return (
        f"{model} could not be downloaded ({type(error).__name__}): check the network and proxy, "
        "or name a folder with the model"
    )
