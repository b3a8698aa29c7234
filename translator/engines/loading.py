"""The model of transformers, with the weights of a checkpoint."""

from pathlib import Path

import torch
from torch.nn import Parameter
from transformers import GenerationConfig, M2M100ForConditionalGeneration

from translator.engines.attention import avoid_cudnn
from translator.engines.model_tensors import ENCODER_TABLE, SHARED, TABLES, ModelTensors

_GENERATION_FILE = "generation_config.json"


def load_model(folder: Path, dtype: torch.dtype) -> M2M100ForConditionalGeneration:
    """Return the model in a checkpoint folder, on the CPU, in evaluation mode, without cuDNN.

    Its tensors are read one by one, so that nothing but them is held. Raises CheckpointError if
    weights are damaged or missing, or do not fit the configuration.
    """
    tensors = ModelTensors.of(folder)
    with torch.device("meta"):  # without memory
        model = M2M100ForConditionalGeneration(tensors.config)
    _fill(model, tensors, dtype)
    model.config.dtype = dtype
    if (folder / _GENERATION_FILE).is_file():
        model.generation_config = GenerationConfig.from_pretrained(folder, local_files_only=True)
    model.eval()
    avoid_cudnn()  # after transformers may have enabled it, before the first product
    return model


def _fill(model: M2M100ForConditionalGeneration, tensors: ModelTensors, dtype: torch.dtype) -> None:
    """Replace the tensors of a model without memory; tied ones become one."""
    read: dict[object, Parameter] = {}
    # All names of the tables, which are tied in the empty model, whatever the checkpoint has.
    shared = {SHARED: ENCODER_TABLE} | {name: name for name in TABLES}
    own = {name: name for name, _ in model.named_parameters() if name not in shared}
    for name, source in (shared | own).items():
        place = tensors.sources[source].place
        if place not in read:
            read[place] = Parameter(tensors.read([source], dtype))
        parent, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(parent), leaf, read[place])
    for side in (model.model.encoder, model.model.decoder):
        positions = side.embed_positions
        positions.weights = tensors.positions(positions.num_positions).to(dtype)
