"""The training loop: it runs until it is stopped, and resumes after a kill."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import torch
from torch import Tensor
from transformers import M2M100Config, M2M100ForConditionalGeneration

from training.mixture import Batch, Draw, Mixture
from training.replicas import Replicas, fastest_dtype
from training.schedule import Schedule
from training.state import Checkpoint, Progress, append_log, load_checkpoint, save_checkpoint
from training.store import read_parts

# The average is updated every so many steps: doing it in each would cost a tenth of the time.
AVERAGE_EVERY = 10
_VALIDATION_TOKENS = 3_000  # padded, per batch


@dataclass
class _Figures:
    """Sums since the last line of the log."""

    loss: float = 0.0
    labels: int = 0
    pairs: int = 0
    tokens: int = 0
    begun: float = field(default_factory=time.monotonic)
    cpu_begun: float = field(default_factory=time.process_time)


class Trainer:
    """One run in one folder: a model, its optimizer, the average of its weights."""

    def __init__(
        self,
        start: M2M100ForConditionalGeneration | None,
        mixture: Mixture,
        validation: Mapping[str, list[Batch]],
        schedule: Schedule,
        folder: Path,
        device: torch.device,
        threads: int = 1,
    ) -> None:
        """Start from the weights `start`; if None, continue from the folder's checkpoint.

        `validation` is by domain.
        """
        self.schedule, self.folder = schedule, folder
        self._mixture, self._validation, self._device = mixture, validation, device
        checkpoint = load_checkpoint(folder) if start is None else None
        model = _model_of(checkpoint) if checkpoint else start
        assert model is not None
        self.model = model.to(device).train()
        self._average = {name: value.clone() for name, value in self._weights().items()}
        self._optimizer = torch.optim.AdamW(
            model.parameters(), lr=0.0, betas=(0.9, 0.98), eps=1e-9, weight_decay=0.01, fused=True
        )
        self.progress = Progress()
        if checkpoint is not None:
            self._optimizer.load_state_dict(checkpoint.optimizer)
            self._average = {k: v.to(device) for k, v in checkpoint.average.items()}
            self.progress = checkpoint.progress
        self._replicas = Replicas(model, threads, fastest_dtype(device), mixture.pad)
        self._figures = _Figures()

    def run(self, stop: Callable[[], bool]) -> None:
        """Train at the constant rate until `stop()` is true; write a checkpoint at the end."""
        if self.progress.step == 0:
            self.save()  # logs the losses before training
        last_save = time.monotonic()
        for draws in self._steps():
            self._step(draws, self.schedule.rate(self.progress.step))
            if stop():
                break
            if time.monotonic() - last_save >= self.schedule.checkpoint_seconds:
                self.save()
                last_save = time.monotonic()
        self.save()

    def decay(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Decay the rate to zero over `seconds`; nothing is saved, so that the run can continue."""
        begun = clock()
        for draws in self._steps():
            elapsed = clock() - begun
            if elapsed >= seconds:
                return
            self._step(draws, self.schedule.decayed_rate(elapsed / seconds))

    def save(self) -> None:
        """Write the checkpoint, then a line of the log."""
        entry = self._entry()
        checkpoint = Checkpoint(
            config=self.model.config.to_dict(),
            model=self.model.state_dict(),
            average=self._average,
            optimizer=self._optimizer.state_dict(),
            progress=self.progress,
        )
        save_checkpoint(self.folder, checkpoint)
        append_log(self.folder, entry)
        self._figures = _Figures()

    def losses(self) -> dict[str, float]:
        """Return the validation loss per token of each domain."""
        return {
            name: round(self._replicas.validate(batches), 4)
            for name, batches in self._validation.items()
        }

    def average_losses(self) -> dict[str, float]:
        """Return the losses of the averaged weights."""
        weights = self._weights()
        current = {name: value.clone() for name, value in weights.items()}
        self.take_average()
        losses = self.losses()
        for name, value in weights.items():
            value.copy_(current[name])
        return losses

    def take_average(self) -> None:
        """Replace the weights with their average."""
        for name, value in self._weights().items():
            value.copy_(self._average[name])

    def blend(self, other: M2M100ForConditionalGeneration, share: float) -> None:
        """Move the weights towards those of another model of the same shape.

        Wortsman et al., Robust fine-tuning of zero-shot models (2022): the mean of the weights
        before and after fine-tuning keeps the knowledge of both.
        """
        theirs = dict(other.named_parameters())
        for name, value in self._weights().items():
            value.lerp_(theirs[name].data.to(self._device), share)

    def _steps(self) -> Iterator[list[Draw]]:
        """Yield the batches of each step from the current position, without end."""
        progress, schedule = self.progress, self.schedule
        while True:
            window = self._mixture.window(schedule.seed, progress.window, schedule.batch_tokens)
            while progress.batch < len(window):
                draws = window[progress.batch : progress.batch + schedule.batches]
                progress.batch += len(draws)
                yield draws
            progress.window, progress.batch = progress.window + 1, 0

    def _step(self, draws: list[Draw], rate: float) -> None:
        batches = [self._mixture.collate(draw) for draw in draws]
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        loss, labels = self._replicas.gradients(batches, self.schedule.label_smoothing)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        progress, figures = self.progress, self._figures
        progress.step += 1
        if progress.step % AVERAGE_EVERY == 0:
            self._update_average()
        pairs = sum(batch.pairs for batch in batches)
        tokens = labels + sum(int(batch.source_mask.sum()) for batch in batches)
        progress.pairs, progress.tokens = progress.pairs + pairs, progress.tokens + tokens
        figures.pairs, figures.tokens = figures.pairs + pairs, figures.tokens + tokens
        figures.loss, figures.labels = figures.loss + loss, figures.labels + labels

    def _update_average(self) -> None:
        """Move the exponential average towards the weights, by the schedule's half-life."""
        kept = 0.5 ** (AVERAGE_EVERY / self.schedule.average_half_life)
        for name, value in self._weights().items():
            self._average[name].lerp_(value, 1 - kept)

    def _weights(self) -> dict[str, Tensor]:
        """Return the weights by name, each once: tied weights have one name here."""
        return {name: value.data for name, value in self.model.named_parameters()}

    def _entry(self) -> dict[str, object]:
        """Return the figures since the previous log line, and update the progress."""
        figures, progress = self._figures, self.progress
        seconds = time.monotonic() - figures.begun
        losses, average = self.losses(), self.average_losses()
        progress.seconds += time.monotonic() - figures.begun
        progress.cpu_seconds += time.process_time() - figures.cpu_begun
        return {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "step": progress.step,
            "pairs": progress.pairs,
            "tokens": progress.tokens,
            "seconds": round(progress.seconds),
            "cpu_seconds": round(progress.cpu_seconds),
            "tokens_per_second": round(figures.tokens / seconds),
            "train_loss": round(figures.loss / max(1, figures.labels), 4),
            "losses": losses,
            "average_losses": average,
        }


def _model_of(checkpoint: Checkpoint) -> M2M100ForConditionalGeneration:
    model = M2M100ForConditionalGeneration(M2M100Config(**checkpoint.config))
    model.load_state_dict(checkpoint.model)
    return model


def validation_batches(folder: Path, pad: int, eos: int) -> dict[str, list[Batch]]:
    """Return the validation pairs of a folder as batches, by domain."""
    parts = read_parts(folder)
    return {
        part.domain: Mixture({part: store}, pad, eos, {part.domain: 1.0}).every(_VALIDATION_TOKENS)
        for part, store in parts.items()
    }
