"""Replacing the bundled model with the trained one, if that is better."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from training import background
from training.card import translate_sheet, write_card
from training.corpus import CORPUS
from training.evaluate import Score, domain_means, evaluate
from training.export import export
from training.facts import Run, read_runs, write_runs
from training.heldout import read_test_sets
from training.running import START_FOLDER, first_weights, open_trainer
from training.settings import Settings
from training.state import Progress, read_log
from training.status import CURVE_FILE, draw_curve
from translator.engines.loading import load_model
from translator.models.checkpoints import BUNDLED_FOLDER, resolve
from translator.models.tokenizer import Tokenizer

ENGINE = "ctranslate2"
WORSE = 0.5  # BLEU that a domain may lose while the mean improves
CANDIDATE = "candidate"  # subfolder of the run's folder


@dataclass(frozen=True)
class Plan:
    """How to make a candidate: its weights, the share of bundled weights in them, and a decay."""

    minutes: float  # of decay; 0 for weights that were already decayed
    weights: Path | None = None  # checkpoint folder; None: the run's weights
    keep: float = 0.0  # share of the bundled weights, to recover what the run forgot


@dataclass(frozen=True)
class Verdict:
    """Whether the candidate replaces the bundled model, and why not."""

    gain: float  # BLEU, mean over the domains
    worse: Mapping[str, float]  # BLEU change of the domains that lose too much

    @property
    def adopted(self) -> bool:
        """Return whether the candidate is better."""
        return self.gain > 0 and not self.worse

    def __str__(self) -> str:
        if self.adopted:
            return f"adopted: {self.gain:+.1f} BLEU on the mean over the domains"
        losses = "".join(f"; {name} {loss:+.1f}" for name, loss in self.worse.items())
        return f"not adopted: {self.gain:+.1f} BLEU on the mean over the domains{losses}"


def judge(before: Mapping[str, Score], after: Mapping[str, Score]) -> Verdict:
    """Compare the mean scores of the domains that both have."""
    gains = {name: after[name].bleu - before[name].bleu for name in before if name in after}
    worse = {name: gain for name, gain in gains.items() if gain < -WORSE}
    return Verdict(sum(gains.values()) / len(gains), worse)


def adopt(settings: Settings, plan: Plan, sets: Path | None = None) -> Verdict:
    """Make a candidate, evaluate it, and replace the bundled model if it is better.

    The run itself keeps its state and constant rate. A background trainer is stopped meanwhile
    and restarted afterwards. `sets` is a folder of test sets that are not in the repository.
    """
    went_on = background.stop(settings.folder)
    try:
        candidate = make_candidate(settings, plan)
        tests = read_test_sets([CORPUS, sets] if sets else [CORPUS])
        before = evaluate(str(BUNDLED_FOLDER), ENGINE, tests)
        after = evaluate(str(candidate), ENGINE, tests)
        sheet = translate_sheet(str(BUNDLED_FOLDER), str(candidate), ENGINE)
        checkpoint = resolve(str(candidate))
        write_card(checkpoint, read_runs(candidate), before, after, settings.data, sheet)
        verdict = judge(domain_means(before), domain_means(after))
        if verdict.adopted:
            replace_bundled(candidate)
        return verdict
    finally:
        if went_on:
            background.start(settings)


def make_candidate(settings: Settings, plan: Plan) -> Path:
    """Return the folder of the weights made by the plan; the run's state is unchanged."""
    with background.only_trainer(settings.folder):
        trainer = open_trainer(settings)
        if plan.weights:
            trainer.model.load_state_dict(load_model(plan.weights, torch.float32).state_dict())
        if plan.keep:
            bundled = replace(settings, start=BUNDLED_FOLDER)
            tokenizer = Tokenizer(settings.vocabulary)
            trainer.blend(first_weights(bundled, tokenizer, settings.shape), plan.keep)
        print(f"decaying the learning rate for {plan.minutes:g} minutes", flush=True)
        trainer.decay(60 * plan.minutes)
    runs = read_runs(plan.weights or settings.folder / START_FOLDER)
    candidate = settings.folder / CANDIDATE
    shutil.rmtree(candidate, ignore_errors=True)
    export(trainer.model, settings.vocabulary, candidate)
    write_runs(candidate, [*runs, _run(settings, trainer.progress, plan)])
    draw_curve(read_log(settings.folder), candidate / CURVE_FILE)
    return candidate


def _run(settings: Settings, progress: Progress, plan: Plan) -> Run:
    if plan.weights:  # their own record says how they were trained
        progress = Progress()
    kept = f", {plan.keep:.0%} of the bundled weights mixed in" if plan.keep else ""
    return Run(
        what=f"all domains{kept}, {plan.minutes:g} minutes of decay",
        hardware="two CPU cores" if settings.device == "cpu" else settings.device,
        steps=progress.step,
        pairs=progress.pairs,
        hours=round(progress.seconds / 3600 + plan.minutes / 60, 2),
        core_hours=round(progress.cpu_seconds / 3600, 2),
    )


def replace_bundled(candidate: Path) -> None:
    """Replace the bundled model's files with the candidate's."""
    keep = {path.name for path in candidate.iterdir()}
    for path in BUNDLED_FOLDER.iterdir():
        if path.name not in keep and path.is_file():
            path.unlink()
    for path in candidate.iterdir():
        shutil.copyfile(path, BUNDLED_FOLDER / path.name)
