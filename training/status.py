"""The status of a run: figures, losses by domain over time, and a plot of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from training import background
from training.mixture import DOMAIN_SHARES
from training.state import read_log

CURVE_FILE = "curve.svg"
_ROWS = 12  # of the table, evenly spread over the run

Entry = Mapping[str, Any]


def report(folder: Path) -> str:
    """Return a report on the run in a folder, and draw its curve."""
    entries = read_log(folder)
    process = background.running(folder)
    state = f"process {process} trains in {folder}" if process else f"no trainer runs in {folder}"
    if not entries:
        return f"{state}; no checkpoint yet"
    draw_curve(entries, folder / CURVE_FILE)
    first, last = entries[0], entries[-1]
    return "\n".join(
        [
            state,
            f"{last['seconds'] / 3600:.1f} hours ({last['cpu_seconds'] / 3600:.1f} core-hours), "
            f"{last['pairs']:,} pairs, {last['tokens'] / 1e6:.1f} million tokens, "
            f"{last['tokens_per_second']:,} tokens/s recently; last checkpoint {last['time']}",
            "",
            *_table(entries),
            "",
            "Adopting would change the loss per token (averaged weights) by: "
            + ", ".join(
                f"{name} {last['average_losses'][name] - first['losses'][name]:+.3f}"
                for name in last["losses"]
            )
            + f"; mean {_mean(last['average_losses']) - _mean(first['losses']):+.3f}",
            f"plot: {folder / CURVE_FILE}",
        ]
    )


def draw_curve(entries: Sequence[Entry], path: Path) -> None:
    """Draw the losses of the averaged weights, by domain, over the tokens seen."""
    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots()
    tokens = [entry["tokens"] / 1e6 for entry in entries]
    for name in entries[-1]["losses"]:
        losses = [entry["average_losses"].get(name) for entry in entries]
        axes.plot(tokens, losses, marker=".", label=name)
    axes.set(xlabel="million tokens", ylabel="validation loss (nats per token)")
    axes.grid(alpha=0.3)
    axes.legend()
    # Without these two, the same figures would give a different file at every call.
    with matplotlib.rc_context({"svg.hashsalt": CURVE_FILE}):
        figure.savefig(path, metadata={"Date": None})


def _table(entries: Sequence[Entry]) -> list[str]:
    names = list(entries[-1]["losses"])
    step = max(1, -(-len(entries) // _ROWS))
    shown = [*entries[:-1:step], entries[-1]]
    header = f"{'hours':>6} {'Mtokens':>8} " + " ".join(f"{name:>13}" for name in names)
    rows = [
        f"{entry['seconds'] / 3600:6.2f} {entry['tokens'] / 1e6:8.2f} "
        + " ".join(f"{entry['average_losses'].get(name, float('nan')):13.4f}" for name in names)
        for entry in shown
    ]
    return ["loss per token of the averaged weights, by domain:", header, *rows]


def _mean(losses: Mapping[str, float]) -> float:
    """Return the mean over domains, weighted by their shares of the training."""
    weights = {name: DOMAIN_SHARES.get(name, 0.0) for name in losses}
    return sum(weights[name] * loss for name, loss in losses.items()) / sum(weights.values())
