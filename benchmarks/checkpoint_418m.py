"""A checkpoint with random weights, of the size of facebook/m2m100_418M, to measure speed."""

import argparse
import json
import os
import string
import tempfile
from pathlib import Path

import torch
from transformers import M2M100Config, M2M100ForConditionalGeneration

from benchmarks.sizes import SIZES
from training.export import export
from translator.models.checkpoints import BUNDLED_FOLDER
from translator.models.family import VOCABULARY_FILE

_ENTRIES = 128_004  # of vocab.json; with language and unused tokens: 128,112
# Random weights repeat one token and never end, which a server would detect as a loop and decode
# again. So the embeddings of some tokens resemble positions, and have the highest score there for
# any source: the letters of the alphabet in order, and then </s>. Embeddings are not scaled, so
# that positions dominate the decoder's input.
_LENGTH = 18


def make_checkpoint(folder: Path, size: str = "418M") -> Path:
    """Write the checkpoint to `folder` unless it exists; return the folder.

    It has the vocabulary of 418M in any size.
    """
    if folder.exists():
        return folder
    torch.manual_seed(1)
    shape = SIZES[size] | {"vocab_size": _ENTRIES + 108}
    config = M2M100Config(**shape, scale_embedding=False)
    # To draw 418 million numbers takes a core many seconds.
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        model = M2M100ForConditionalGeneration(config)
    model.cpu()
    vocabulary = json.loads((BUNDLED_FOLDER / VOCABULARY_FILE).read_text(encoding="utf-8"))
    letters = [vocabulary[x] for x in map("▁{}".format, string.ascii_lowercase) if x in vocabulary]
    with torch.no_grad():
        positions = model.model.decoder.embed_positions.weights[2:]
        for position, token in enumerate([*letters[: _LENGTH - 1], model.config.eos_token_id], 1):
            direction = positions[position] - positions[:_LENGTH].mean(0)
            model.model.shared.weight[token] = 2 * direction / direction.norm()
    partial = folder.with_suffix(".partial")  # an interrupted run must not leave half of it
    export(model, BUNDLED_FOLDER, partial, beams=5)
    path = partial / VOCABULARY_FILE
    vocabulary |= {f"unused{i}": i for i in range(len(vocabulary), _ENTRIES)}
    path.write_text(json.dumps(vocabulary), encoding="utf-8")
    os.replace(partial, folder)
    return folder


def add_scratch(parser: argparse.ArgumentParser) -> None:
    """Add the flag for the checkpoint's folder."""
    parser.add_argument(
        "--scratch",
        type=Path,
        default=Path(tempfile.gettempdir()) / "m2m-server-bench",
        help="folder of the 418M checkpoint (1 GB)",
    )
