"""The model card: what the bundled model is, how good it is, and what it is not good for."""

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from training.corpus import Direction
from training.evaluate import Score, means
from training.train import LOG_FILE
from translator.checkpoints import Checkpoint, weight_files

CARD_FILE = "README.md"
TRAINING_FILE = "training.json"
CURVE_FILE = "curve.svg"

_TEMPLATE = Path(__file__).with_suffix(".md")


def write_training_facts(
    work: Path, folder: Path, hardware: str, command: str, start: Path | None = None
) -> None:
    """Keep what the training log says of steps, pairs and time beside the weights.

    `command` is what was run; the facts of the checkpoint folder `start`, from which it went on,
    are kept too.
    """
    lines = [json.loads(line) for line in (work / LOG_FILE).read_text().splitlines()]
    facts = {
        "steps": lines[-1]["step"],
        "pairs": sum(line["pairs"] for line in lines),
        "seconds": sum(line["seconds"] for line in lines),
        "hardware": hardware,
        "command": command,
        "final_dev_loss": lines[-1]["dev_loss"],
    }
    if start is not None:
        facts["start"] = json.loads((start / TRAINING_FILE).read_text())
    (folder / TRAINING_FILE).write_text(json.dumps(facts, indent=2) + "\n")
    _draw_curve(lines, folder / CURVE_FILE)


def _draw_curve(lines: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw the losses over the pairs seen: the learning curve of the card."""
    millions = [total / 1e6 for total in itertools.accumulate(line["pairs"] for line in lines)]
    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots()
    for name, label in (("train_loss", "training (smoothed labels)"), ("dev_loss", "dev split")):
        axes.plot(millions, [line[name] for line in lines], marker=".", label=label)
    axes.set(xlabel="million sentence pairs", ylabel="cross-entropy (nats a token)")
    axes.grid(alpha=0.3)
    axes.legend()
    # Without these two, the same figures would give another file at every call.
    with matplotlib.rc_context({"svg.hashsalt": CURVE_FILE}):
        figure.savefig(path, metadata={"Date": None})


def _earlier(facts: Mapping[str, Any]) -> str:
    """Return what the card says of the runs that this one went on from."""
    runs = []
    while "start" in facts:
        facts = facts["start"]
        runs.append(facts)
    if not runs:
        return ""
    pairs, steps, seconds = (sum(run[key] for run in runs) for key in ("pairs", "steps", "seconds"))
    which = f"{len(runs)} earlier runs" if len(runs) > 1 else "an earlier run"
    return f", after {pairs:,} pairs in {steps:,} steps, {seconds / 3600:.1f} hours, of {which}"


def write_card(
    checkpoint: Checkpoint,
    parameters: int,
    scores: Mapping[Direction, Score],
    unquantised: Mapping[Direction, Score],
) -> None:
    """Write the card into the checkpoint's folder; `unquantised` are the scores of fp32 weights."""
    facts = json.loads((checkpoint.folder / TRAINING_FILE).read_text())
    config = checkpoint.config
    rows = [(f"{source} → {target}", score) for (source, target), score in scores.items()]
    rows += [(f"**mean, {name}**", score) for name, score in means(scores).items()]
    rows += [(f"mean, {name}, fp32", score) for name, score in means(unquantised).items()]
    card = _TEMPLATE.read_text(encoding="utf-8").format(
        languages=", ".join(checkpoint.languages),
        count=len(checkpoint.languages),
        directions=len(scores),
        parameters=parameters / 1e6,
        d_model=config["d_model"],
        encoder_layers=config["encoder_layers"],
        decoder_layers=config["decoder_layers"],
        vocabulary=config["vocab_size"],
        megabytes=sum(p.stat().st_size for p in weight_files(checkpoint.folder)) / 1e6,
        pairs=facts["pairs"],
        steps=facts["steps"],
        hours=facts["seconds"] / 3600,
        hardware=facts["hardware"],
        command=facts["command"],
        earlier=_earlier(facts),
        beams=checkpoint.beams,
        table="\n".join(
            f"| {name} | {s.bleu:.1f} | {s.chrf:.1f} | {s.sentences} |" for name, s in rows
        ),
    )
    (checkpoint.folder / CARD_FILE).write_text(card, encoding="utf-8")
