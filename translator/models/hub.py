"""The Hugging Face hub: the files of a model's repository, and resumable downloads.

`huggingface_hub` does not resume downloads of an earlier process (its snapshots start a file of
gigabytes from the beginning), so files are read in blocks through its file system, from any offset.
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

_BLOCK_BYTES = 8 << 20  # per request: the most that is lost if the process is killed
# The base class of all errors of the hub's HTTP library, which depends on the installed release.
_HTTP_ERROR: type[Exception] = HfHubHTTPError.__mro__[1]
_TOKEN_ADVICE = "set HF_TOKEN to a token of an account that may read it"  # noqa: S105


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository at one commit."""

    name: str
    size: int  # bytes
    blob: str  # git's hash of the file, or of the pointer to a large file
    sha256: str | None  # None: a small file, checked by `blob`

    def matches(self, path: Path) -> bool:
        """Return whether a local file has the hash that the hub gives."""
        algorithm = "sha256" if self.sha256 else "sha1"
        digest = hashlib.new(algorithm, usedforsecurity=False)
        if not self.sha256:
            digest.update(b"blob %d\0" % path.stat().st_size)
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.hexdigest() == (self.sha256 or self.blob)


def list_files(model: str, revision: str | None) -> tuple[str, list[HubFile]]:
    """Return the current commit of `revision` (None: the main branch), and its top-level files.

    Raises CheckpointError.
    """
    with explained(model, revision):
        api = HfApi()
        commit = api.model_info(model, revision=revision).sha
        if commit is None:
            raise CheckpointError(f"the hub returned no commit of {model}")
        return commit, [
            HubFile(entry.path, entry.size, entry.blob_id, entry.lfs.sha256 if entry.lfs else None)
            for entry in api.list_repo_tree(model, revision=commit)
            if isinstance(entry, RepoFile)
        ]


def download(
    model: str, commit: str, file: HubFile, part: Path, progress: Callable[[int], object]
) -> None:
    """Append the rest of `file` to `part`, which has its beginning or is empty.

    `progress` is called with the number of new bytes. Raises CheckpointError; `part` is kept.
    """
    from huggingface_hub import HfFileSystem  # not needed by the server

    with part.open("ab") as output, explained(model, commit):
        files = HfFileSystem(skip_instance_cache=True)
        path = f"{model}@{commit}/{file.name}"
        with files.open(path, "rb", block_size=_BLOCK_BYTES, cache_type="none") as source:
            source.seek(output.tell())
            while missing := max(0, file.size - output.tell()):
                block = source.read(min(_BLOCK_BYTES, missing))
                if not block:
                    raise CheckpointError(
                        f"the hub sent too little of {file.name} of {model}; try again later"
                    )
                output.write(block)
                output.flush()
                progress(len(block))


@contextmanager
def explained(model: str, revision: str | None) -> Iterator[None]:
    """Turn errors of the hub's library into a CheckpointError that says what to do."""
    try:
        yield
    except (_HTTP_ERROR, OSError, HFValidationError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # a local disk error; the hub's errors have no errno
        raise CheckpointError(_explain(error, model, revision)) from error


def _explain(error: Exception, model: str, revision: str | None) -> str:
    if isinstance(error, HFValidationError):
        return f"{model!r} is not a hub id; one looks like 'facebook/m2m100_418M'"
    if isinstance(error, GatedRepoError):
        return f"access to {model} must be requested on the hub; {_TOKEN_ADVICE}"
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
