"""A model of the hub in the hub's own cache on this machine."""

from pathlib import Path

from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError

from translator.errors import CheckpointError
from translator.models.checkpoints import NEEDED, needed_files
from translator.models.hub import explained, list_files


def download(model: str, *, local_files_only: bool) -> Path:
    """Bring just the files needed into the hub cache; weights as safetensors where they exist.

    Raises CheckpointError.
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
