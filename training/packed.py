"""Training from one file of data, on a machine that has only torch and transformers.

`pack` writes the file on the machine with the data. `train_packed` trains from it, on a GPU for a
few minutes, and writes a checkpoint folder for `python -m training adopt --candidate`. This module
must import only what such a machine has: no tokenizer, no server.
"""

import json
import os
import tarfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from transformers import M2M100ForConditionalGeneration

from training.export import export
from training.facts import Run, read_runs, write_runs
from training.mixture import Mixture
from training.schedule import Schedule
from training.state import CHECKPOINT_FILE
from training.store import PairStore, StoreWriter, read_parts
from training.trainer import Trainer, validation_batches

_VALIDATION = "validation"
_BYTES_A_TOKEN = 0.55  # after xz, measured: 0.46 to 0.5
_BLOCK = 500  # consecutive pairs: variants of one text are adjacent, and compress well
_DECAY = 0.2  # share of the time, at the end
# A CPU's batches would leave a GPU idle.
CUDA_SCHEDULE = replace(Schedule(), batch_tokens=24_000, batches=1)


def pack(data: Path, path: Path, mebibytes: float) -> int:
    """Write as much of the data as fits, by the shares of the parts; return the number of tokens.

    Raises ValueError if the file is larger than `mebibytes` nevertheless.
    """
    parts = read_parts(data)
    shares = Mixture(parts, pad=1, eos=2).shares
    budget = mebibytes * 2**20 / _BYTES_A_TOKEN
    packed = path.with_suffix(".parts")
    packed.mkdir(exist_ok=True)
    total = 0
    for part, store in parts.items():
        taken = _spread(store, round(budget * shares.get(part, 0.0) / store.mean_tokens))
        with StoreWriter(packed, part.name) as writer:
            writer.add(taken)
        total += len(taken.ids)
    with tarfile.open(path, "w:xz") as archive:
        for folder, name in ((packed, ""), (data / _VALIDATION, f"{_VALIDATION}/")):
            for file in sorted(folder.iterdir()):
                archive.add(file, f"{name}{file.name}")
    for file in packed.iterdir():
        file.unlink()
    packed.rmdir()
    if path.stat().st_size > mebibytes * 2**20:
        raise ValueError(f"{path} has {path.stat().st_size / 2**20:.1f} MiB: pack fewer")
    return total


def train_packed(
    path: Path,
    folder: Path,
    output: Path,
    device: torch.device,
    seconds: float,
    schedule: Schedule,
    start: Path,
) -> None:
    """Train for `seconds`, the last fifth with a decaying rate; export the weights to `output`.

    After a kill it continues from the last checkpoint in `folder` with the remaining time.
    """
    data = _unpack(path, folder)
    model = (
        None
        if (folder / CHECKPOINT_FILE).exists()
        else M2M100ForConditionalGeneration.from_pretrained(
            start, dtype=torch.float32, local_files_only=True
        )
    )
    trainer = Trainer(
        model,
        Mixture(read_parts(data), pad=1, eos=2),
        validation_batches(data / _VALIDATION, pad=1, eos=2),
        schedule,
        folder,
        device,
    )
    left = seconds - trainer.progress.seconds
    trainer.run(_after(left - _DECAY * seconds))
    trainer.decay(_DECAY * seconds)
    progress = trainer.progress
    export(trainer.model, start, output)
    hours = round((progress.seconds + _DECAY * seconds) / 3600, 2)
    hardware = torch.cuda.get_device_name() if device.type == "cuda" else "CPU cores"
    what = "all domains, from a packed sample, a fifth of the time with a decaying rate"
    run = Run(what, hardware, progress.step, progress.pairs, hours)
    write_runs(output, [*read_runs(start), run])
    (output / "losses.json").write_text(json.dumps(trainer.losses()) + "\n")


def _unpack(path: Path, folder: Path) -> Path:
    """Return the folder with the data of a packed file; it only appears when it is complete."""
    data = folder / "data"
    if not data.exists():
        partial = folder / "data.partial"
        with tarfile.open(path, "r:xz") as archive:
            archive.extractall(partial, filter="data")
        os.replace(partial, data)
    return data


def _after(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def _spread(store: PairStore, pairs: int) -> PairStore:
    """Return about `pairs` pairs, or all, in evenly spread blocks."""
    blocks = max(1, round(pairs / _BLOCK))
    stride = max(_BLOCK, len(store) // blocks)
    found = [
        store.slice(first, min(first + min(_BLOCK, pairs), len(store)))
        for first in range(0, len(store), stride)
    ]
    return PairStore(
        np.concatenate([block.ids for block in found]),
        np.cumsum(
            np.concatenate([np.zeros(1, np.int64), *(np.diff(block.offsets) for block in found)])
        ),
    )
