"""Models in the local cache of the Hugging Face hub."""

from pathlib import Path

from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError

from translator.errors import CheckpointError
from translator.models.checkpoints import NEEDED, needed_files
from translator.models.hub import explained, list_files


def download(model: str, *, local_files_only: bool) -> Path:
    """Download the needed files of a model to the hub cache, if missing; return their folder.

    With `local_files_only`, they must be in the cache. Raises CheckpointError.
    """
    offline = local_files_only or constants.HF_HUB_OFFLINE
    wanted = list(NEEDED)
    if not offline:
        wanted = needed_files(file.name for file in list_files(model, None)[1])
    try:
        with explained(model, None):
            return Path(snapshot_download(model, allow_patterns=wanted, local_files_only=offline))
    except CheckpointError as error:
        if isinstance(error.__cause__, LocalEntryNotFoundError):
            raise CheckpointError(
                f"{model} is not in the local hub cache, and downloads are off or impossible"
            ) from error
        raise
