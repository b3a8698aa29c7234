"""A checkpoint of the size of facebook/m2m100_418M with random weights, for speed alone."""

import json
import shutil
from pathlib import Path

import torch
from transformers import GenerationConfig, M2M100Config, M2M100ForConditionalGeneration

from translator.checkpoints import BUNDLED_FOLDER
from translator.tokenizer import SENTENCEPIECE_FILE, VOCABULARY_FILE

_ENTRIES = 128_004  # of vocab.json; with language and unused tokens: 128,112
# Random weights do not end a translation. So </s> is made to win at about this position, whatever
# the source: its embedding looks like that position and unlike the ones before it, and
# embeddings are not scaled up, so that positions stand out in what the decoder sees.
_LENGTH = 22
_END_STRENGTH = 1.0


def make_checkpoint(folder: Path) -> Path:
    """Write the checkpoint to `folder` unless it is there; return the folder."""
    if (folder / VOCABULARY_FILE).exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    model = M2M100ForConditionalGeneration(
        M2M100Config(vocab_size=_ENTRIES + 108, scale_embedding=False)
    )
    with torch.no_grad():
        positions = model.model.decoder.embed_positions.weights[2:]
        end = positions[_LENGTH] - positions[: _LENGTH - 4].mean(0)
        model.model.shared.weight[model.config.eos_token_id] = _END_STRENGTH * end / end.norm()
    model.half().save_pretrained(folder)
    GenerationConfig(
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=2,
        num_beams=5,
        early_stopping=True,
        max_length=200,
    ).save_pretrained(folder)
    shutil.copyfile(BUNDLED_FOLDER / SENTENCEPIECE_FILE, folder / SENTENCEPIECE_FILE)
    vocabulary = json.loads((BUNDLED_FOLDER / VOCABULARY_FILE).read_text(encoding="utf-8"))
    vocabulary |= {f"unused{i}": i for i in range(len(vocabulary), _ENTRIES)}
    # Last, so that an interrupted run is not taken for a complete one.
    (folder / VOCABULARY_FILE).write_text(json.dumps(vocabulary), encoding="utf-8")
    return folder
