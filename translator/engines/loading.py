"""Loading the weights of a checkpoint with transformers."""

import pickle
from pathlib import Path

import torch
from transformers import M2M100ForConditionalGeneration
from transformers.utils import logging

from translator.engines.attention import avoid_cudnn
from translator.errors import CheckpointError


def load_model(folder: Path, dtype: torch.dtype) -> M2M100ForConditionalGeneration:
    """Return the model in a checkpoint folder, on the CPU, in evaluation mode, without cuDNN.

    Pickled weights are read with `weights_only`, which runs no code from the file. Raises
    CheckpointError if weights are missing or do not fit the configuration.
    """
    logging.disable_progress_bar()  # it does not belong into a server's log
    try:
        model, report = M2M100ForConditionalGeneration.from_pretrained(
            folder,
            dtype=dtype,
            weights_only=True,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
        )
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"the weights in {folder} hold more than tensors; code in pickles is never run"
        ) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise CheckpointError(f"the weights in {folder} cannot be read: {error}") from error
    if report["missing_keys"] or report["mismatched_keys"]:
        wrong = sorted(map(str, [*report["missing_keys"], *report["mismatched_keys"]]))[:5]
        raise CheckpointError(f"the weights in {folder} do not fit the model: {', '.join(wrong)}")
    model.eval()
    avoid_cudnn()  # after transformers may have enabled it, before the first product
    return model
