"""The parameters of a simulation: GPUs, load, failures."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Times are in seconds of virtual time, work in source tokens.

    A GPU of speed 1 decodes a batch in `batch_seconds` + `token_seconds` per token.
    """

    seconds: float = 900.0  # how long requests arrive: one simulated day
    load: float = 0.85  # share of the capacity
    gpus: int = 64
    spread: float = 1.25  # speed of the fastest GPU over the slowest
    batch_tokens: int = 512
    batch_seconds: float = 0.2
    token_seconds: float = 0.8 / 512
    batches_ahead: int = 2  # outstanding at a GPU, with a central queue
    mean_life: float = 1200.0  # of a GPU until it fails
    restart: float = 15.0  # time until a failed GPU is back
    deadline: float = 10.0  # of a request
    seed: int = 1

    @property
    def speeds(self) -> list[float]:
        """Speeds from the slowest to the fastest, 1 on average."""
        steps = [1 + (self.spread - 1) * i / max(1, self.gpus - 1) for i in range(self.gpus)]
        return [step * self.gpus / sum(steps) for step in steps]

    @property
    def capacity(self) -> float:
        """Tokens per second of all GPUs with full batches and without failures."""
        full = self.batch_seconds + self.token_seconds * self.batch_tokens
        return self.gpus * self.batch_tokens / full
