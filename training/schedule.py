"""The learning rate: a warm-up, a constant rate for as long as there is time, a final decay."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """The settings of a run; none depends on its length."""

    peak_rate: float = 6e-4  # at a higher rate, pretrained weights forget
    warmup: int = 200  # steps
    batch_tokens: int = 1_000  # padded, source and target together; fits a core's cache
    batches: int = 4  # per step
    label_smoothing: float = 0.1
    average_half_life: int = 400  # steps after which a weight counts half in the average
    checkpoint_seconds: float = 600.0
    seed: int = 1

    def rate(self, step: int) -> float:
        """Return the rate: linear warm-up, then constant, as the run has no fixed end.

        Warmup-stable-decay, Hu et al., MiniCPM (2024), section 4.
        """
        return self.peak_rate * min(1.0, (step + 1) / self.warmup)

    def decayed_rate(self, progress: float) -> float:
        """Return the rate at `progress` (0..1) of the decay.

        1 - sqrt: Hägele et al., Scaling Laws and Compute-Optimal Training Beyond Fixed Training
        Durations (2024), section 3.
        """
        return self.peak_rate * (1.0 - math.sqrt(min(1.0, progress)))
