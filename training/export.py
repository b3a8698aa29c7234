"""Writing a model as a transformers checkpoint folder."""

import json
from copy import deepcopy
from pathlib import Path

from transformers import GenerationConfig, M2M100ForConditionalGeneration

from training.vocabulary import copy_vocabulary

_SHARD = "15MB"  # of weights per file: larger files are a nuisance in git


def export(
    model: M2M100ForConditionalGeneration, vocabulary: Path, folder: Path, beams: int = 4
) -> None:
    """Write fp16 safetensors, configuration and `M2M100Tokenizer` files to `folder`.

    The tokenizer's files come from the folder `vocabulary`; `beams` is the default for decoding.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("model*.safetensors*"):  # a larger model would leave more shards behind
        path.unlink()
    # A copy: the model may be trained further, and is compared with others in its own precision.
    deepcopy(model).half().save_pretrained(folder, max_shard_size=_SHARD)
    GenerationConfig(
        bos_token_id=model.config.bos_token_id,
        pad_token_id=model.config.pad_token_id,
        eos_token_id=model.config.eos_token_id,
        decoder_start_token_id=model.config.decoder_start_token_id,
        num_beams=beams,
        early_stopping=True,
        max_length=200,
    ).save_pretrained(folder)
    copy_vocabulary(vocabulary, folder)
    tokenizer_config = {"tokenizer_class": "M2M100Tokenizer", "language_codes": "m2m100"}
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer_config, indent=2) + "\n")
