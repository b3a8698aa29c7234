"""`python -m training.trials DATA`: which shape learns most in equal CPU time.

Every shape starts from the bundled weights, grown without a change of what they compute, and
trains on one core for as many seconds of CPU time. Prints the losses of each domain at the end,
by the average of the weights, and writes them to a JSON file.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import torch

from training.mixture import Mixture
from training.prepare import VALIDATION
from training.schedule import Schedule
from training.shape import Shape, grow
from training.store import read_parts
from training.trainer import Trainer, validation_batches
from translator.checkpoints import BUNDLED_FOLDER, resolve
from translator.engines.loading import load_model

SHAPES = {
    "4+2": Shape(),
    "8+2": Shape(encoder_layers=8),
    "12+2": Shape(encoder_layers=12),
    "4+2 wide": Shape(encoder_ffn=2048, decoder_ffn=2048),
    "6+2": Shape(encoder_layers=6),
}


def trial(
    name: str, start: Path, data: Path, cpu_seconds: float, schedule: Schedule
) -> dict[str, object]:
    """Train a shape for so long and return its figures."""
    torch.manual_seed(schedule.seed)
    model = grow(load_model(start, torch.float32), SHAPES[name])
    tokenizer = resolve(str(start)).tokenizer()
    mixture = Mixture(read_parts(data), tokenizer.pad, tokenizer.eos)
    validation = validation_batches(data / VALIDATION, tokenizer.pad, tokenizer.eos)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model, mixture, validation, schedule, Path(folder), torch.device("cpu"), threads=1
        )
        before = trainer.losses()
        begun = time.process_time()
        trainer.run(lambda: time.process_time() - begun >= cpu_seconds)
        constant = trainer.losses()
        trainer.take_average()
        return {
            "shape": name,
            "parameters": model.num_parameters(),
            "cpu_seconds": round(time.process_time() - begun),
            "tokens": trainer.progress.tokens,
            "losses_before": before,
            "losses": constant,
            "losses_of_average": trainer.losses(),
        }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training.trials", description=__doc__)
    parser.add_argument("data", type=Path, help="folder that `python -m training prepare` wrote")
    parser.add_argument("--start", type=Path, default=BUNDLED_FOLDER, help="checkpoint folder")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--minutes", type=float, default=20.0, help="of CPU time, for each")
    parser.add_argument("--peak-rate", type=float, default=Schedule.peak_rate)
    parser.add_argument("--output", type=Path, help="JSON lines are appended to it")
    arguments = parser.parse_args()
    schedule = Schedule(peak_rate=arguments.peak_rate, warmup=50, batches=2, average_half_life=60)
    for name in arguments.shapes:
        figures = trial(name, arguments.start, arguments.data, 60 * arguments.minutes, schedule)
        line = json.dumps({**figures, "peak_rate": schedule.peak_rate})
        print(line, flush=True)
        if arguments.output:
            with arguments.output.open("a", encoding="utf-8") as file:
                file.write(line + "\n")


if __name__ == "__main__":
    main()
