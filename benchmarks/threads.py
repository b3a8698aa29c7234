"""How CTranslate2 should use CPU cores: as threads of one batch, or as replicas with a batch each.

Replicas share one copy of the weights. For each split of the cores, and each number of sentences
at a time, it decodes the same sentences in int8, sorted by length, in one batch per replica. Prints
a table and one JSON line; `--output` writes both as Markdown.
"""

import argparse
import datetime
import math
import os
import platform
import time
from pathlib import Path
from typing import Any

import ctranslate2

from benchmarks.checkpoint_418m import add_scratch, make_checkpoint
from benchmarks.report import in_words, publish, versions
from training.corpus import read_references
from translator import TranslatorConfig
from translator.engines.conversion import converted
from translator.engines.ctranslate2 import CoreSplit, core_splits
from translator.models.checkpoints import BUNDLED_FOLDER, resolve

_SOURCE, _TARGET = "en", "de"
_AT_A_TIME = (1, 2, 8, 32, 64)
_PER_POINT = {"bundled": 256, "418M": 64}  # sentences; a quarter of them if few at a time


def main() -> None:
    """Measure the chosen models."""
    arguments = _parser().parse_args()
    cores = len(os.sched_getaffinity(0))
    rows = []
    for model in arguments.models:
        folder = BUNDLED_FOLDER
        if model == "418M":
            folder = make_checkpoint(arguments.scratch / "random-418m")
        sentences = list(read_references("test")[_SOURCE, _TARGET])
        texts = [sentences[i * 37 % len(sentences)] for i in range(_PER_POINT[model])]
        for beams in arguments.beams:
            rows += [
                {"model": model, "beams": beams, "replicas": split.replicas}
                | {"threads": split.threads, "rates": measure(folder, texts, beams, split)}
                for split in core_splits(cores)
            ]
    report = {
        "benchmark": "threads",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cores": cores,
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": versions("ctranslate2"),
        "rows": rows,
    }
    publish(report, render(report), arguments.output)


def measure(folder: Path, texts: list[str], beams: int, split: CoreSplit) -> dict[int, float]:
    """Return sentences per second by the number of sentences at a time."""
    checkpoint = resolve(str(folder))
    tokenizer = checkpoint.tokenizer()
    tokens = tokenizer.tokens()
    translator = ctranslate2.Translator(
        str(converted(checkpoint, tokenizer, "int8", TranslatorConfig().cache)),
        compute_type="int8",
        inter_threads=split.replicas,
        intra_threads=split.threads,
    )
    prefix = [tokens[tokenizer.language_ids[_TARGET]]]
    encoded = [[tokens[i] for i in tokenizer.encode(text, _SOURCE)] for text in texts]

    def decode(sentences: list[list[str]]) -> None:
        translator.translate_batch(
            sentences,
            target_prefix=[prefix] * len(sentences),
            beam_size=beams,
            max_batch_size=math.ceil(len(sentences) / split.replicas),
        )

    decode(encoded[:8])
    rates = {}
    for count in _AT_A_TIME:
        chosen = sorted(encoded[: len(encoded) // (4 if count < 8 else 1)], key=len)
        begun = time.perf_counter()
        for start in range(0, len(chosen), count):
            decode(chosen[start : start + count])
        rates[count] = len(chosen) / (time.perf_counter() - begun)
    return rates


def render(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    heads = " | ".join(f"{count} at a time" for count in _AT_A_TIME)
    lines = [
        "# Threads and replicas on the CPU",
        "",
        f"{report['date']}, {report['machine']}, {report['cores']} cores; "
        f"{in_words(report['versions'])}, int8. Command: `python -m benchmarks.threads`. "
        "Sentences per second.",
        "",
        f"| model | beams | replicas × threads | {heads} |",
        "| --- | ---: | ---: |" + " ---: |" * len(_AT_A_TIME),
    ]
    for row in report["rows"]:
        rates = " | ".join(f"{rate:.1f}" for rate in row["rates"].values())
        split = f"{row['replicas']} × {row['threads']}"
        lines.append(f"| {row['model']} | {row['beams']} | {split} | {rates} |")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.threads", description=__doc__)
    parser.add_argument("--models", nargs="+", choices=_PER_POINT, default=[*_PER_POINT])
    parser.add_argument("--beams", nargs="+", type=int, default=[1, 5])
    add_scratch(parser)
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    return parser


if __name__ == "__main__":
    main()
