"""The model card: what the bundled model is, its quality, and its limits."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from training.corpus import CORPUS
from training.evaluate import Score, Scores, domain_means, signatures
from training.facts import Run
from training.prepare import COUNTS_FILE, TATOEBA
from training.sources.table import read_table
from translator import Translator, TranslatorConfig
from translator.engines.loading import load_model
from translator.models.checkpoints import Checkpoint, weight_files

CARD_FILE = "README.md"
_TEMPLATE = Path(__file__).with_suffix(".md")
_SHEET = CORPUS / "sheet.tsv"
_TATOEBA_ORIGIN, _TATOEBA_LICENCE = "Tatoeba, by its contributors", "CC BY 2.0 FR"

Results = Mapping[str, Scores]


def write_card(
    checkpoint: Checkpoint,
    runs: Sequence[Run],
    before: Results,
    after: Results,
    counts: Path,
    sheet: Sequence[tuple[str, str, str, str, str]],
) -> None:
    """Write the card into the checkpoint's folder.

    `before` are the results of the model that this one replaces. `counts` is the folder of the file
    that counts what was kept of each source. `sheet` has kind, direction, text and both models'
    translations.
    """
    import torch

    config = checkpoint.config
    card = _TEMPLATE.read_text(encoding="utf-8").format(
        languages=", ".join(checkpoint.languages),
        count=len(checkpoint.languages),
        directions=len(checkpoint.languages) * (len(checkpoint.languages) - 1),
        parameters=load_model(checkpoint.folder, torch.float16).num_parameters() / 1e6,
        d_model=config["d_model"],
        encoder_layers=config["encoder_layers"],
        decoder_layers=config["decoder_layers"],
        encoder_ffn=config["encoder_ffn_dim"],
        vocabulary=config["vocab_size"],
        shards=len(weight_files(checkpoint.folder)),
        megabytes=sum(p.stat().st_size for p in weight_files(checkpoint.folder)) / 1e6,
        hours=sum(run.hours for run in runs),
        beams=checkpoint.beams,
        runs="\n".join(map(_run_row, runs)),
        sources="\n".join(_source_rows(counts)),
        domains="\n".join(_domain_rows(before, after)),
        table="\n".join(_direction_rows(after)),
        signatures=signatures(),
        sheet="\n".join(f"| {' | '.join(map(_cell, row))} |" for row in sheet),
    )
    (checkpoint.folder / CARD_FILE).write_text(card, encoding="utf-8")


def translate_sheet(before: str, after: str, engine: str) -> list[tuple[str, str, str, str, str]]:
    """Return the sheet of texts for manual review, with the translations of two models."""
    with _SHEET.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    columns = [[row[name] for row in rows] for name in ("text", "source", "target")]
    outputs = [
        Translator(TranslatorConfig(model=model, engine=engine)).batch(*columns)
        for model in (before, after)
    ]
    return [
        (row["kind"], f"{row['source']} → {row['target']}", row["text"], first, second)
        for row, first, second in zip(rows, *outputs, strict=True)
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _run_row(run: Run) -> str:
    pairs = "not counted" if run.pairs is None else f"{run.pairs:,}"
    cores = "" if run.core_hours is None else f" ({run.core_hours:.1f} core-hours)"
    return f"| {run.what} | {run.steps:,} | {pairs} | {run.hours:.1f}{cores} | {run.hardware} |"


def _source_rows(counts: Path) -> Iterable[str]:
    table = read_table()
    for name, count in json.loads((counts / COUNTS_FILE).read_text()).items():
        source = table.get(name)
        origin, licence = (
            (source.origin, source.licence) if source else (_TATOEBA_ORIGIN, _TATOEBA_LICENCE)
        )
        assert source or name == TATOEBA
        domain = source.domain if source else "everyday"
        yield f"| {origin} | {domain} | {licence} | {count['kept']:,} | {count['words']:,} |"


def _domain_rows(before: Results, after: Results) -> Iterable[str]:
    earlier = domain_means(before)
    for name, score in domain_means(after).items():
        yield f"| {name} | {_figures(earlier.get(name))} | {_figures(score)} | {score.sentences} |"


def _figures(score: Score | None) -> str:
    return "" if score is None else f"{score.bleu:.1f} ± {score.interval:.1f} | {score.chrf:.1f}"


def _direction_rows(after: Results) -> Iterable[str]:
    for name, scores in after.items():
        for (source, target), score in scores.items():
            yield (
                f"| {name} | {source} → {target} | {score.bleu:.1f} ± {score.interval:.1f} "
                f"| {score.chrf:.1f} | {score.sentences} |"
            )
