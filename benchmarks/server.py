"""`make bench`: sentences a second of the running server, beside a loop over `generate`.

The loop is what a home-made script does: transformers' model in float32, one sentence at a time,
with the checkpoint's own beams. Both run on the same machine, one after the other, on the same
sentences. On CPUs, CTranslate2 alone, with all sentences sorted in hand, is the ceiling. Prints a
table and one JSON line; `--output` writes both as Markdown too.
"""

import argparse
import datetime
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from transformers import M2M100ForConditionalGeneration, M2M100Tokenizer
from transformers.utils import logging as transformers_logging

from benchmarks.checkpoint_418m import make_checkpoint
from benchmarks.load import Load, put_load, running_server
from benchmarks.report import in_words, publish, versions
from training.corpus import read_references
from translator import TranslatorConfig
from translator.checkpoints import BUNDLED_FOLDER, resolve
from translator.engines import EncodedSegment
from translator.engines.conversion import converted
from translator.engines.ctranslate2 import CTranslate2Decoder
from translator.engines.static import StaticEngine

_CLIENTS = (1, 8, 32)
_SOURCE, _TARGET = "en", "de"
_PACKAGES = ("torch", "transformers", "ctranslate2", "waitress", "flask")


def main() -> None:
    """Run the benchmark for the models asked for."""
    arguments = _parser().parse_args()
    transformers_logging.disable_progress_bar()
    results = []
    if "bundled" in arguments.models:
        results.append(measure("bundled", BUNDLED_FOLDER, arguments.devices, 100, 800))
    if "418M" in arguments.models:
        folder = make_checkpoint(arguments.scratch / "random-418m")
        results.append(measure("random 418M", folder, arguments.devices, 8, 32))
    report = {
        "benchmark": "server",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cores": len(os.sched_getaffinity(0)),
        "machine": f"{platform.system()} {platform.machine()}",
        "devices": arguments.devices,
        "versions": versions(*_PACKAGES),
        "models": results,
    }
    publish(report, render(report), arguments.output)


def measure(
    name: str, folder: Path, devices: str, loop_sentences: int, server_sentences: int
) -> dict[str, Any]:
    """Measure one checkpoint: first the loop over `generate`, then the server."""
    sentences = list(read_references("test")[_SOURCE, _TARGET])
    # The file is sorted by length; in strides, short and long ones come in turn.
    mixed = [sentences[i * 37 % len(sentences)] for i in range(server_sentences)]
    loop = generate_loop(folder, mixed[:loop_sentences])
    raw = raw_ctranslate2(folder, mixed) if devices in ("auto", "cpu") else None
    loads = []
    with running_server("--model", str(folder), "--devices", devices) as url:
        put_load(url, mixed[:8], 8, _SOURCE, _TARGET)
        for clients in _CLIENTS:
            share = mixed if clients > 1 else mixed[: max(8, server_sentences // 4)]
            loads.append(put_load(url, share, clients, _SOURCE, _TARGET))
    return {
        "model": name,
        "loop_rate": round(loop, 3),
        "raw_rate": raw and round(raw, 3),
        "server": [_entry(load, loop) for load in loads],
    }


def generate_loop(folder: Path, sentences: Sequence[str]) -> float:
    """Return the sentences a second of one `generate` call after another."""
    model = M2M100ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = M2M100Tokenizer.from_pretrained(folder, src_lang=_SOURCE)
    target = tokenizer.get_lang_id(_TARGET)
    begun = time.perf_counter()
    for sentence in sentences:
        inputs = tokenizer(sentence, return_tensors="pt")
        output = model.generate(**inputs, forced_bos_token_id=target)
        tokenizer.batch_decode(output, skip_special_tokens=True)
    return len(sentences) / (time.perf_counter() - begun)


def raw_ctranslate2(folder: Path, sentences: Sequence[str]) -> float:
    """Return the sentences a second of CTranslate2 int8 with all sentences in hand, sorted.

    The ceiling of the CPU engine: no server, no pool, nothing to wait for.
    """
    checkpoint = resolve(str(folder))
    tokenizer = checkpoint.tokenizer()
    config = TranslatorConfig()
    decoder = CTranslate2Decoder(
        converted(checkpoint, tokenizer, "int8", config.cache),
        tokenizer,
        "cpu",
        "int8",
        len(os.sched_getaffinity(0)),
    )
    engine = StaticEngine(decoder, config.batch_tokens)
    target = tokenizer.language_ids[_TARGET]
    segments = [
        EncodedSegment(key, tokenizer.encode(text, _SOURCE), target, checkpoint.decoding())
        for key, text in enumerate(sentences)
    ]
    engine.submit(segments[:8])
    engine.step()
    engine.submit(segments)
    begun, left = time.perf_counter(), len(segments)
    while left:
        left -= len(engine.step())
    return len(segments) / (time.perf_counter() - begun)


def render(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    lines = [
        "# The server beside a loop over `generate`",
        "",
        f"{report['date']}, {report['machine']}, {report['cores']} cores, devices "
        f"`{report['devices']}`; {in_words(report['versions'])}. Command: `make bench`.",
        "",
        "| model | clients | sentences/s | times the loop | median latency, ms |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for result in report["models"]:
        lines.append(f"| {result['model']} | loop | {result['loop_rate']:.2f} | 1.0 | |")
        if result["raw_rate"]:
            raw, ratio = result["raw_rate"], result["raw_rate"] / result["loop_rate"]
            lines.append(f"| {result['model']} | raw CTranslate2 | {raw:.2f} | {ratio:.1f} | |")
        lines += [
            f"| {result['model']} | {entry['clients']} | {entry['rate']:.2f} "
            f"| {entry['ratio']:.1f} | {entry['median_ms']:.0f} |"
            for entry in result["server"]
        ]
    return "\n".join(lines)


def _entry(load: Load, loop: float) -> dict[str, Any]:
    return asdict(load) | {
        "rate": round(load.rate, 3),
        "ratio": round(load.rate / loop, 2),
        "median_ms": round(load.median_seconds * 1000, 1),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server", description=__doc__)
    choices = ("bundled", "418M")
    parser.add_argument("--models", nargs="+", choices=choices, default=choices)
    parser.add_argument("--devices", default="auto", help="as for the server")
    scratch = Path(tempfile.gettempdir()) / "m2m-server-bench"
    parser.add_argument(
        "--scratch", type=Path, default=scratch, help="folder of the 418M checkpoint (1 GB)"
    )
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    return parser


if __name__ == "__main__":
    main()
