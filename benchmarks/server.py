"""`make bench`: the running server beside `generate` and beside CTranslate2 alone.

At each number of clients, `generate` in float32 gets sorted batches of that many sentences, with
the same beams: all that the server gets or, where there are many, every second of them. CTranslate2
alone, in int8 with all sentences known and sorted, is compared with one request to the server that
holds them all. Everything runs on one machine, in turns: peer, server, peer, server, …, because a
virtual machine has slow minutes. A ratio is the median of those of the turns. Prints a table and
one JSON line; `--output` writes both as Markdown too.
"""

import argparse
import datetime
import os
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch
from transformers import M2M100ForConditionalGeneration, M2M100Tokenizer
from transformers.utils import logging as transformers_logging

from benchmarks.checkpoint_418m import add_scratch, make_checkpoint
from benchmarks.drain import drain
from benchmarks.load import put_bulk, put_load, running_server
from benchmarks.report import in_words, publish, versions
from training.corpus import read_references
from translator import TranslatorConfig
from translator.engines import Decoding, EncodedSegment
from translator.engines.conversion import converted
from translator.engines.ctranslate2 import CTranslate2Decoder, core_splits
from translator.engines.static import StaticEngine
from translator.models.checkpoints import BUNDLED_FOLDER, resolve

_CLIENTS = (1, 8, 32)
_TURNS = 3
_SOURCE, _TARGET = "en", "de"
_PACKAGES = ("torch", "transformers", "ctranslate2", "waitress", "flask")


@dataclass(frozen=True)
class Plan:
    """What is measured on one checkpoint."""

    name: str
    folder: Path
    beams: tuple[int, ...]
    sentences: int  # of many clients at least

    def texts(self, clients: int) -> list[str]:
        """Return sentences, short and long ones in turn, eight for each client at least."""
        found = list(read_references("test")[_SOURCE, _TARGET])  # sorted by length
        count = max(8 * clients, self.sentences // 4 if clients == 1 else self.sentences)
        return [found[i * 37 % len(found)] for i in range(count)]


def main() -> None:
    """Run the benchmark for the models asked for."""
    arguments = _parser().parse_args()
    transformers_logging.disable_progress_bar()
    plans = []
    if "bundled" in arguments.models:
        plans.append(Plan("bundled", BUNDLED_FOLDER, (1, 4), 600))
    if "418M" in arguments.models:
        folder = make_checkpoint(arguments.scratch / "random-418m")
        plans.append(Plan("random 418M", folder, (1, 5), 64))
    report = {
        "benchmark": "server",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cores": len(os.sched_getaffinity(0)),
        "machine": f"{platform.system()} {platform.machine()}",
        "devices": arguments.devices,
        "versions": versions(*_PACKAGES),
        "rows": [
            row
            for plan in plans
            for beams in plan.beams
            for row in measure(plan, beams, arguments.devices)
        ],
    }
    publish(report, render(report), arguments.output)


def measure(plan: Plan, beams: int, devices: str) -> list[dict[str, Any]]:
    """Return a row for each number of clients, and one for a request with all sentences."""
    flags = ("--model", str(plan.folder), "--devices", devices, "--beams", str(beams))
    common = {"model": plan.name, "beams": beams}
    generate = Generate(plan, beams)
    rows: list[dict[str, Any]] = []
    with running_server(*flags) as url:
        put_load(url, plan.texts(8)[:8], 8, _SOURCE, _TARGET)
        for clients in _CLIENTS:
            texts = plan.texts(clients)
            turns = []
            for turn in range(_TURNS):
                _tell(f"{plan.name}, {beams} beams, {clients} clients, turn {turn + 1}")
                other = generate.rate(texts if clients == 1 else texts[::2], clients)
                turns.append((other, put_load(url, texts, clients, _SOURCE, _TARGET)))
            rows.append(
                common
                | {
                    "load": f"{clients} clients",
                    "rate": median(load.rate for _, load in turns),
                    "median_ms": median(load.median_seconds for _, load in turns) * 1e3,
                    "generate": median(other for other, _ in turns),
                    "ratio": median(load.rate / other for other, load in turns),
                }
            )
        if devices in ("auto", "cpu"):
            _tell(f"{plan.name}, {beams} beams, one request beside CTranslate2 alone")
            rows.append(common | {"load": "one request"} | beside_ctranslate2(plan, beams, url))
    return rows


def _tell(what: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {what}\n")


class Generate:
    """`generate` of transformers in float32."""

    def __init__(self, plan: Plan, beams: int) -> None:
        """Load the model."""
        self._beams = beams
        self._model = M2M100ForConditionalGeneration.from_pretrained(
            plan.folder, dtype=torch.float32
        ).eval()
        self._tokenizer = M2M100Tokenizer.from_pretrained(plan.folder, src_lang=_SOURCE)

    def rate(self, texts: list[str], batch: int) -> float:
        """Return sentences a second in sorted batches."""
        texts = sorted(texts, key=len)
        begun = time.perf_counter()
        for start in range(0, len(texts), batch):
            inputs = self._tokenizer(
                texts[start : start + batch], return_tensors="pt", padding=True
            )
            output = self._model.generate(
                **inputs,
                forced_bos_token_id=self._tokenizer.get_lang_id(_TARGET),
                num_beams=self._beams,
                early_stopping=self._beams > 1,
            )
            self._tokenizer.batch_decode(output, skip_special_tokens=True)
        return len(texts) / (time.perf_counter() - begun)


def beside_ctranslate2(plan: Plan, beams: int, url: str) -> dict[str, float]:
    """Return the rates of a request to the server, and of CTranslate2 int8 with all of them known.

    CTranslate2 has the cores as replicas or as threads, whichever is better.
    """
    checkpoint = resolve(str(plan.folder))
    tokenizer = checkpoint.tokenizer()
    config = TranslatorConfig()
    folder = converted(checkpoint, tokenizer, "int8", config.cache)
    target, decoding = tokenizer.language_ids[_TARGET], Decoding.of(checkpoint, beams)
    texts = plan.texts(8)
    segments = [
        EncodedSegment(key, tokenizer.encode(text, _SOURCE), target, decoding)
        for key, text in enumerate(texts)
    ]
    engines = [
        StaticEngine(
            CTranslate2Decoder.on_cpu(folder, tokenizer, "int8", split), config.batch_tokens
        )
        for split in core_splits(len(os.sched_getaffinity(0)))
    ]
    turns = []
    for _ in range(_TURNS):
        raw = max(_decoding_rate(engine, segments) for engine in engines)
        turns.append((raw, put_bulk(url, texts, _SOURCE, _TARGET)))
    return {
        "rate": median(rate for _, rate in turns),
        "raw": median(raw for raw, _ in turns),
        "share": median(rate / raw for raw, rate in turns),
    }


def _decoding_rate(engine: StaticEngine, segments: list[EncodedSegment]) -> float:
    drain(engine, segments[:8])
    begun = time.perf_counter()
    drain(engine, segments)
    return len(segments) / (time.perf_counter() - begun)


def render(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    lines = [
        "# The server compared with `generate`",
        "",
        f"{report['date']}, {report['machine']}, {report['cores']} cores, devices "
        f"`{report['devices']}`; {in_words(report['versions'])}. Command: `make bench`. "
        "`generate` is float32 in sorted batches of as many sentences as there are clients; each "
        f"figure is the median of {_TURNS} turns, in which both were measured one after the other.",
        "",
        "| model | beams | load | sentences/s | median, ms | `generate`, sentences/s | ratio |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for row in report["rows"]:
        start = f"| {row['model']} | {row['beams']} | {row['load']} | {row['rate']:.2f} |"
        if "raw" in row:
            raw, share = row["raw"], row["share"]
            lines.append(f"{start} | | {share:.0%} of CTranslate2 alone ({raw:.2f}) |")
        else:
            other, ratio = row["generate"], row["ratio"]
            lines.append(f"{start} {row['median_ms']:.0f} | {other:.2f} | {ratio:.1f} |")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server", description=__doc__)
    choices = ("bundled", "418M")
    parser.add_argument("--models", nargs="+", choices=choices, default=choices)
    parser.add_argument("--devices", default="auto", help="as for the server")
    add_scratch(parser)
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    return parser


if __name__ == "__main__":
    main()
