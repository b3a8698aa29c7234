"""The training loop: resumable, and the same run whether or not it was interrupted."""

import json
import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional
from tqdm import tqdm
from transformers import M2M100ForConditionalGeneration

from training.dataset import Batch, PairDataset

CHECKPOINT_FILE = "checkpoint.pt"
LOG_FILE = "log.jsonl"


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn."""

    steps: int
    batch_tokens: int = 2_500  # padded, source and target together
    peak_rate: float = 2e-3
    warmup: int = 500  # steps
    label_smoothing: float = 0.1
    seed: int = 1
    checkpoint_every: int = 500  # steps

    def rate(self, step: int) -> float:
        """Linear warm-up, then a cosine to zero (Loshchilov & Hutter, SGDR, 2017)."""
        if step < self.warmup:
            return self.peak_rate * (step + 1) / self.warmup
        progress = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.peak_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def train(
    model: M2M100ForConditionalGeneration,
    data: PairDataset,
    validation: PairDataset,
    schedule: Schedule,
    folder: Path,
    device: torch.device,
    dtype: torch.dtype,
) -> None:
    """Train to `schedule.steps`, from `folder`'s checkpoint if there is one.

    Writes the checkpoint and a line of `log.jsonl` (figures since the line before) every
    `checkpoint_every` steps. `dtype` is that of the matrix products; weights and loss stay fp32.
    """
    # Sentences are short: the fused kernels cost more than they save, in bf16 on a CPU most of all.
    model.set_attn_implementation("eager")
    model.to(device).train()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=0.0, betas=(0.9, 0.98), eps=1e-9, weight_decay=0.01, fused=True
    )
    start = _resume(folder, model, optimizer)
    torch.manual_seed(schedule.seed + start)
    bar = tqdm(total=schedule.steps, initial=start, unit="step", smoothing=0.05)
    total_loss, pairs, begun = 0.0, 0, time.monotonic()
    for step, indices in _stream(data, schedule, start):
        batch = data.collate(indices)
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        loss = _loss(model, batch, data.pad, schedule.label_smoothing, device, dtype)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        total_loss, pairs = total_loss + loss.item(), pairs + batch.pairs
        bar.update()
        done = step + 1
        if done % schedule.checkpoint_every == 0 or done == schedule.steps:
            since = (done - 1) % schedule.checkpoint_every + 1
            entry = {
                "step": done,
                "pairs": pairs,
                "seconds": round(time.monotonic() - begun),
                "train_loss": round(total_loss / since, 4),
                "dev_loss": round(_validate(model, validation, device, dtype), 4),
            }
            _save(folder, model, optimizer, done, entry)
            bar.set_postfix(train=entry["train_loss"], dev=entry["dev_loss"])
            total_loss, pairs, begun = 0.0, 0, time.monotonic()
    bar.close()


def load_weights(folder: Path, model: M2M100ForConditionalGeneration) -> None:
    """Load the weights of the last checkpoint in `folder`."""
    checkpoint = torch.load(folder / CHECKPOINT_FILE, map_location="cpu", weights_only=True)
    model.load_state_dict(checkpoint["model"])


def _stream(data: PairDataset, schedule: Schedule, start: int) -> Iterator[tuple[int, np.ndarray]]:
    """Yield `(step, pair indices)` from step `start` to the last, epoch after epoch."""
    step, epoch = 0, 0
    while step < schedule.steps:
        for indices in data.batches(schedule.batch_tokens, schedule.seed, epoch):
            if start <= step < schedule.steps:
                yield step, indices
            step += 1
        epoch += 1


def _loss(
    model: M2M100ForConditionalGeneration,
    batch: Batch,
    pad: int,
    label_smoothing: float,
    device: torch.device,
    dtype: torch.dtype,
) -> torch.Tensor:
    """Mean cross-entropy over the labels that are not padding; the head runs on those alone."""
    with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
        hidden = model.model(
            input_ids=batch.source.to(device),
            attention_mask=batch.source_mask.to(device),
            decoder_input_ids=batch.decoder.to(device),
            use_cache=False,
        ).last_hidden_state
        labels = batch.labels.to(device)
        kept = labels != pad
        logits = model.lm_head(hidden[kept])
    return functional.cross_entropy(logits.float(), labels[kept], label_smoothing=label_smoothing)


@torch.no_grad()
def _validate(
    model: M2M100ForConditionalGeneration,
    data: PairDataset,
    device: torch.device,
    dtype: torch.dtype,
) -> float:
    """Mean loss per batch over the dev split, without label smoothing."""
    model.eval()
    losses = [
        _loss(model, data.collate(indices), data.pad, 0.0, device, dtype).item()
        for indices in data.batches(8_000, seed=0, epoch=0)
    ]
    model.train()
    return sum(losses) / len(losses)


def _resume(
    folder: Path, model: M2M100ForConditionalGeneration, optimizer: torch.optim.Optimizer
) -> int:
    path = folder / CHECKPOINT_FILE
    if not path.exists():
        return 0
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    return int(checkpoint["step"])


def _save(
    folder: Path,
    model: M2M100ForConditionalGeneration,
    optimizer: torch.optim.Optimizer,
    step: int,
    entry: dict[str, Any],
) -> None:
    """Replace the checkpoint at once, so that an interrupt leaves the old one or the new one."""
    partial = folder / f"{CHECKPOINT_FILE}.partial"
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
    torch.save(state, partial)
    os.replace(partial, folder / CHECKPOINT_FILE)
    with (folder / LOG_FILE).open("a", encoding="utf-8") as log:
        log.write(json.dumps(entry) + "\n")
