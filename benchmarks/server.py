"""`make bench`: the running server beside `generate` and beside CTranslate2 alone.

At each number of clients, `generate` in float32 gets sorted batches of that many sentences, with
the same beams. CTranslate2 alone, in int8 with all sentences sorted in hand, is the ceiling of the
CPU engine; the server is measured against it with one request that holds them all. Everything runs
on one machine, one after the other, on the same sentences. Prints a table and one JSON line;
`--output` writes both as Markdown too.
"""

import argparse
import datetime
import os
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import M2M100ForConditionalGeneration, M2M100Tokenizer
from transformers.utils import logging as transformers_logging

from benchmarks.checkpoint_418m import add_scratch, make_checkpoint
from benchmarks.load import put_bulk, put_load, running_server
from benchmarks.report import in_words, publish, versions
from training.corpus import read_references
from translator import TranslatorConfig
from translator.checkpoints import BUNDLED_FOLDER, resolve
from translator.engines import EncodedSegment
from translator.engines.conversion import converted
from translator.engines.ctranslate2 import CTranslate2Decoder, splits
from translator.engines.static import StaticEngine

_CLIENTS = (1, 8, 32)
_SOURCE, _TARGET = "en", "de"
_PACKAGES = ("torch", "transformers", "ctranslate2", "waitress", "flask")


@dataclass(frozen=True)
class Plan:
    """What is measured on one checkpoint."""

    name: str
    folder: Path
    beams: tuple[int, ...]
    sentences: int  # for the server; `generate`, which is slower, gets a share of them

    def texts(self, clients: int, share: float = 1.0) -> list[str]:
        """Return sentences, short and long ones in turn, eight for each client at least.

        With fewer, the clients that have none left at the end would count as idle capacity.
        """
        found = list(read_references("test")[_SOURCE, _TARGET])  # sorted by length
        count = max(8 * clients, int(share * self.sentences))
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
    generated = {}
    for clients in _CLIENTS:
        _tell(f"{plan.name}, {beams} beams: generate in batches of {clients}")
        generated[clients] = generate_rate(plan, beams, clients)
    _tell(f"{plan.name}, {beams} beams: CTranslate2 alone")
    raw = raw_ctranslate2(plan, beams) if devices in ("auto", "cpu") else None
    flags = ("--model", str(plan.folder), "--devices", devices, "--beams", str(beams))
    common = {"model": plan.name, "beams": beams}
    rows = []
    with running_server(*flags) as url:
        put_load(url, plan.texts(8)[:8], 8, _SOURCE, _TARGET)
        for clients in _CLIENTS:
            share = 0.25 if clients == 1 else 1.0
            _tell(f"{plan.name}, {beams} beams: the server with {clients} clients")
            load = put_load(url, plan.texts(clients, share), clients, _SOURCE, _TARGET)
            rows.append(
                common
                | {
                    "load": f"{clients} clients",
                    "rate": load.rate,
                    "median_ms": load.median_seconds * 1e3,
                    "generate": generated[clients],
                    "ratio": load.rate / generated[clients],
                }
            )
        if raw is not None:
            rate = put_bulk(url, plan.texts(1), _SOURCE, _TARGET)
            rows.append(
                common | {"load": "one request", "rate": rate, "raw": raw, "share": rate / raw}
            )
    return rows


def _tell(what: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {what}\n")


def generate_rate(plan: Plan, beams: int, batch: int) -> float:
    """Return the sentences a second of `generate` in sorted batches, in float32."""
    model = M2M100ForConditionalGeneration.from_pretrained(plan.folder, dtype=torch.float32).eval()
    tokenizer = M2M100Tokenizer.from_pretrained(plan.folder, src_lang=_SOURCE)
    target = tokenizer.get_lang_id(_TARGET)
    texts = sorted(plan.texts(0, 0.05 if batch == 1 else 0.5)[: max(3, 4 * batch)], key=len)
    begun = time.perf_counter()
    for start in range(0, len(texts), batch):
        inputs = tokenizer(texts[start : start + batch], return_tensors="pt", padding=True)
        output = model.generate(
            **inputs, forced_bos_token_id=target, num_beams=beams, early_stopping=beams > 1
        )
        tokenizer.batch_decode(output, skip_special_tokens=True)
    return len(texts) / (time.perf_counter() - begun)


def raw_ctranslate2(plan: Plan, beams: int) -> float:
    """Return the sentences a second of CTranslate2 int8 with all sentences in hand, sorted.

    With the cores as replicas or as threads, whichever is better.
    """
    checkpoint = resolve(str(plan.folder))
    tokenizer = checkpoint.tokenizer()
    config = TranslatorConfig()
    folder = converted(checkpoint, tokenizer, "int8", config.cache)
    target, decoding = tokenizer.language_ids[_TARGET], checkpoint.decoding(beams)
    segments = [
        EncodedSegment(key, tokenizer.encode(text, _SOURCE), target, decoding)
        for key, text in enumerate(plan.texts(1))
    ]
    rates = []
    for split in splits(len(os.sched_getaffinity(0))):
        decoder = CTranslate2Decoder.on_cpu(folder, tokenizer, "int8", split)
        engine = StaticEngine(decoder, config.batch_tokens)
        _decode(engine, segments[:8])
        begun = time.perf_counter()
        _decode(engine, segments)
        rates.append(len(segments) / (time.perf_counter() - begun))
    return max(rates)


def _decode(engine: StaticEngine, segments: list[EncodedSegment]) -> None:
    engine.submit(segments)
    left = len(segments)
    while left:
        left -= len(engine.step())


def render(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    lines = [
        "# The server beside `generate`",
        "",
        f"{report['date']}, {report['machine']}, {report['cores']} cores, devices "
        f"`{report['devices']}`; {in_words(report['versions'])}. Command: `make bench`. "
        "`generate` is float32 in sorted batches of as many sentences as there are clients.",
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
