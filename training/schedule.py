"""How fast to learn: warm-up, a constant rate for as long as there is time, a decay at the end."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """The settings of a run; none of them depends on how long it will be."""

    peak_rate: float = 6e-4  # weights that were trained before forget at a higher one
    warmup: int = 200  # steps
    batch_tokens: int = 1_000  # padded, source and target together: what a core's cache likes
    batches: int = 4  # a step
    label_smoothing: float = 0.1
    average_half_life: int = 400  # steps after which weights count half in the average
    checkpoint_seconds: float = 600.0
    seed: int = 1

    def rate(self, step: int) -> float:
        """Linear warm-up, then constant: nobody knows when the run will end.

        Warmup-stable-decay, Hu et al., MiniCPM (2024), section 4.
        """
        return self.peak_rate * min(1.0, (step + 1) / self.warmup)

    def decayed_rate(self, progress: float) -> float:
        """Return the rate of the decay, `progress` (0..1) of the way through it.

        1 - sqrt: Hägele et al., Scaling Laws and Compute-Optimal Training Beyond Fixed Training
        Durations (2024), section 3.
        """
        return self.peak_rate * (1.0 - math.sqrt(min(1.0, progress)))
