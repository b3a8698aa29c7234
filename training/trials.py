"""`python -m training.trials`: which shape learns most in equal CPU time.

Every shape starts from the same weights, grown so that they compute the same, and trains on one
core for the same CPU time. The rate decays in the last quarter, because losses at a constant rate
say more about the rate than about the shape. Prints the losses of each domain.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import torch

from training.mixture import Mixture
from training.prepare import VALIDATION
from training.running import first_weights
from training.schedule import Schedule
from training.settings import BUNDLED_FOLDER, Settings, default_folder
from training.shape import Shape
from training.store import read_parts
from training.trainer import Trainer, validation_batches
from translator.models.tokenizer import Tokenizer

SHAPES = {
    "4+2": Shape(),
    "6+2": Shape(encoder_layers=6),
    "8+2": Shape(encoder_layers=8),
    "12+2": Shape(encoder_layers=12),
    "4+2 wide": Shape(encoder_ffn=2048, decoder_ffn=2048),
    "8+2 wide": Shape(encoder_layers=8, encoder_ffn=2048, decoder_ffn=2048),
}
_DECAY = 0.25
# A few hundred steps: a short warm-up.
_SCHEDULE = Schedule(warmup=30, batches=3)


def trial(name: str, settings: Settings, cpu_seconds: float) -> dict[str, object]:
    """Train a shape for `cpu_seconds` and return its figures."""
    tokenizer = Tokenizer(settings.vocabulary)
    torch.manual_seed(_SCHEDULE.seed)
    model = first_weights(settings, tokenizer, SHAPES[name])
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model,
            Mixture(read_parts(settings.data), tokenizer.pad, tokenizer.eos),
            validation_batches(settings.data / VALIDATION, tokenizer.pad, tokenizer.eos),
            _SCHEDULE,
            Path(folder),
            torch.device("cpu"),
            threads=1,
        )
        before, begun = trainer.losses(), time.process_time()
        trainer.run(lambda: time.process_time() - begun >= (1 - _DECAY) * cpu_seconds)
        trainer.decay(_DECAY * cpu_seconds, time.process_time)
        spent = time.process_time() - begun
        return {
            "shape": name,
            "parameters": model.num_parameters(),
            "cpu_seconds": round(spent),
            "tokens": trainer.progress.tokens,
            "losses_before": before,
            "losses": trainer.losses(),
        }


def main() -> None:
    """Train the shapes one after the other."""
    parser = argparse.ArgumentParser(prog="python -m training.trials", description=__doc__)
    parser.add_argument(
        "--training", type=Path, default=default_folder(), help="folder with prepared data"
    )
    parser.add_argument("--start", type=Path, default=BUNDLED_FOLDER, help="checkpoint folder")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--minutes", type=float, default=20.0, help="of CPU time, for each")
    arguments = parser.parse_args()
    settings = Settings(folder=arguments.training, start=arguments.start)
    for name in arguments.shapes:
        print(json.dumps(trial(name, settings, 60 * arguments.minutes)), flush=True)


if __name__ == "__main__":
    main()
