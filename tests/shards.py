"""The bundled model with sharded weights, as large models have them."""

import shutil
from pathlib import Path

from translator.models.checkpoints import BUNDLED_FOLDER


def make_sharded(folder: Path) -> Path:
    """Write the bundled model into `folder` as `save_pretrained` does, in shards of 4 MB."""
    import torch  # takes seconds, which not all tests of a file need
    from transformers import M2M100ForConditionalGeneration

    shutil.copytree(BUNDLED_FOLDER, folder, ignore=shutil.ignore_patterns("model*"))
    model = M2M100ForConditionalGeneration.from_pretrained(BUNDLED_FOLDER, dtype=torch.float16)
    model.save_pretrained(folder, max_shard_size="4MB")
    assert len([*folder.glob("model-*.safetensors")]) > 1
    return folder
