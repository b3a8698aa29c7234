"""Loading the weights of a checkpoint with transformers."""

from pathlib import Path

import torch
from transformers import M2M100ForConditionalGeneration

from translator.errors import CheckpointError


def load_model(folder: Path, dtype: torch.dtype) -> M2M100ForConditionalGeneration:
    """Return the model of a checkpoint folder, on the CPU, ready to decode.

    Pickled weights are read with `weights_only`, which runs no code of the file.
    Raises CheckpointError where weights are missing from the file or do not fit the configuration.
    """
    try:
        model, report = M2M100ForConditionalGeneration.from_pretrained(
            folder,
            dtype=dtype,
            weights_only=True,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise CheckpointError(f"the weights in {folder} cannot be read: {error}") from error
    if report["missing_keys"] or report["mismatched_keys"]:
        wrong = sorted(map(str, [*report["missing_keys"], *report["mismatched_keys"]]))[:5]
        raise CheckpointError(f"the weights in {folder} do not fit the model: {', '.join(wrong)}")
    model.eval()
    return model
