"""`make bench-decoding`: the in-flight engine beside `generate`, on sentences of mixed lengths.

Source lengths are log-normal with a mean of 25 tokens; an output is about as long as its source.
The weights are random and never end a translation by themselves, so each sentence has a length of
its own, and a static batch runs until its longest sentence is done, as it does with real weights.
Both run in one process, one after the other, in the same dtype; `generate` gets sorted batches of
the best size tried. Prints a table and one JSON line; `--output` writes both as Markdown too.
"""

import argparse
import datetime
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm
from transformers import M2M100Config, M2M100ForConditionalGeneration

from benchmarks.report import in_words, publish, versions
from benchmarks.slots import SlotMeter
from translator.engines import Decoding, EncodedSegment
from translator.engines.inflight.build import inflight_engine
from translator.engines.inflight.engine import InflightEngine
from translator.engines.reference import ReferenceDecoder

MEAN_LENGTH, SPREAD = 25, 0.6  # tokens; sigma of the logarithm
SHORTEST, LONGEST = 4, 100
WORDS = (300, 8_000)  # ids of words; the language tokens are any two others
SOURCE_LANGUAGE, TARGET_LANGUAGE = 200, 201
SIZES: dict[str, dict[str, int]] = {
    "418M": {},  # the defaults of M2M100Config
    "7M": {
        "vocab_size": 8_192, "d_model": 256, "encoder_layers": 4, "decoder_layers": 2,
        "encoder_attention_heads": 8, "decoder_attention_heads": 8, "encoder_ffn_dim": 1_024,
        "decoder_ffn_dim": 1_024,
    },
}  # fmt: skip


def main() -> None:
    """Measure every beam width on one device."""
    arguments = _parser().parse_args()
    device, dtype = torch.device(arguments.device), getattr(torch, arguments.dtype)
    torch.manual_seed(0)
    config = M2M100Config(**SIZES[arguments.size])
    model = M2M100ForConditionalGeneration(config).eval()
    model.model.shared.weight.data[config.eos_token_id] = 0.0
    model.to(device, dtype)
    rows = [
        row
        for beams in tqdm(arguments.beams, desc="beam widths")
        for row in measure(model, beams, arguments.sentences, arguments.batches)
    ]
    report = {
        "benchmark": "decoding",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "device": torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else platform.machine(),
        "size": arguments.size,
        "dtype": arguments.dtype,
        "sentences": arguments.sentences,
        "versions": versions("torch", "transformers"),
        "bandwidth_gb_s": round(bandwidth(device) / 1e9, 1),
        "rows": rows,
    }
    publish(report, render(report), arguments.output)


def measure(
    model: M2M100ForConditionalGeneration, beams: int, sentences: int, batches: Sequence[int]
) -> list[dict[str, Any]]:
    """Return a row for `generate` and one for `inflight`."""
    stream = make_stream(beams, sentences)
    one = [make_segment(0, MEAN_LENGTH, MEAN_LENGTH, beams)]
    decoder = ReferenceDecoder(model)
    rates = {size: generate_rate(decoder, stream, size) for size in batches}
    best = max(rates, key=rates.__getitem__)
    single = median_seconds(lambda: decoder.decode(one))
    begun = time.perf_counter()
    engine = inflight_engine(model, [model.device], LONGEST, LONGEST + 1)
    drain(engine, one)
    start = time.perf_counter() - begun
    ours = median_seconds(lambda: drain(engine, one))
    drain(engine, stream)  # records the graphs that this stream needs
    with SlotMeter() as meter:
        begun = time.perf_counter()
        drain(engine, stream)
        rate = len(stream) / (time.perf_counter() - begun)
    common = {"beams": beams}
    return [
        common | {"engine": f"generate, {best} at once", "rate": rates[best], "ms": single * 1e3},
        common
        | {
            "engine": "inflight",
            "rate": rate,
            "ms": ours * 1e3,
            "rate_ratio": rate / rates[best],
            "ms_ratio": single / ours,
            "start_seconds": start,
            "step_floor_ms": floor_seconds(model) * 1e3,
        }
        | meter.figures(),
    ]


def make_segment(key: int, source: int, target: int, beams: int) -> EncodedSegment:
    """Return random words; the lengths count language token and `</s>`."""
    words = np.random.default_rng(key).integers(*WORDS, size=source - 2).tolist()
    decoding = Decoding(beams, max_length=target + 1, early_stopping=True)
    return EncodedSegment(key, [SOURCE_LANGUAGE, *words, 2], TARGET_LANGUAGE, decoding)


def make_stream(beams: int, sentences: int) -> list[EncodedSegment]:
    """Return segments of log-normal lengths, in random order."""
    rng = np.random.default_rng(1)
    sources = rng.lognormal(np.log(MEAN_LENGTH) - SPREAD**2 / 2, SPREAD, sentences)
    targets = sources * rng.lognormal(0, 0.15, sentences)
    lengths = [np.clip(x, SHORTEST, LONGEST).astype(int).tolist() for x in (sources, targets)]
    return [
        make_segment(key, source, target, beams)
        for key, (source, target) in enumerate(zip(*lengths, strict=True))
    ]


def generate_rate(decoder: ReferenceDecoder, stream: Sequence[EncodedSegment], size: int) -> float:
    """Return sentences a second in sorted batches, each until its longest sentence is done."""
    order = sorted(stream, key=lambda segment: len(segment.source_ids))
    begun = time.perf_counter()
    for start in range(0, len(order), size):
        batch = order[start : start + size]
        longest = max((segment.decoding for segment in batch), key=lambda d: d.max_length)
        decoder.decode([replace(segment, decoding=longest) for segment in batch])
    return len(order) / (time.perf_counter() - begun)


def drain(engine: InflightEngine, segments: Sequence[EncodedSegment]) -> None:
    """Decode segments that all wait from the start."""
    engine.submit(segments)
    left = len(segments)
    while left:
        left -= len(engine.step())


def median_seconds(run: Callable[[], object], times: int = 10) -> float:
    """Return the median time of a call, after two to warm up."""
    seconds = []
    for _ in range(times + 2):
        begun = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds[2:])


def floor_seconds(model: M2M100ForConditionalGeneration) -> float:
    """Return the time to read what a step must: decoder without source projections, and head."""
    decoder = sum(
        p.numel()
        for name, p in model.model.decoder.named_parameters()
        if "embed" not in name and "encoder_attn.k" not in name and "encoder_attn.v" not in name
    )
    shared = model.model.shared.weight
    size = (decoder + shared.numel()) * shared.element_size()
    return float(size / bandwidth(model.device))


def bandwidth(device: torch.device) -> float:
    """Return the bytes a second that a large copy reads and writes on the device."""
    source = torch.ones(2**26, device=device)  # 256 MiB
    target = torch.empty_like(source)

    def copy() -> None:
        target.copy_(source)
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return 2 * source.numel() * source.element_size() / median_seconds(copy)


def render(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    lines = [
        "# Decoding: in-flight batching beside `generate`",
        "",
        f"{report['date']}, {report['device']}, random {report['size']} in {report['dtype']}, "
        f"{report['sentences']} sentences of {MEAN_LENGTH} tokens on average; "
        f"{in_words(report['versions'])}; memory {report['bandwidth_gb_s']} GB/s measured. "
        "Command: `make bench-decoding`.",
        "",
        "| beams | engine | sentences/s | ratio | one sentence, ms | ratio | occupancy | admission "
        "| step, ms | floor, ms | start, s |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in report["rows"]:
        cells = [f"{row['beams']}", row["engine"], f"{row['rate']:.1f}"]
        if "rate_ratio" in row:
            cells += [
                f"{row['rate_ratio']:.2f}", f"{row['ms']:.2f}", f"{row['ms_ratio']:.2f}",
                f"{row['occupancy']:.0%}", f"{row['admission']:.0%}", f"{row['step_ms']:.2f}",
                f"{row['step_floor_ms']:.2f}", f"{row['start_seconds']:.1f}",
            ]  # fmt: skip
        else:
            cells += ["1.00", f"{row['ms']:.2f}", "1.00", "", "", "", "", ""]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    cuda = torch.cuda.is_available()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decoding", description=__doc__)
    parser.add_argument("--device", default="cuda:0" if cuda else "cpu")
    parser.add_argument("--dtype", default="bfloat16" if cuda else "float32")
    parser.add_argument("--size", choices=SIZES, default="418M" if cuda else "7M")
    parser.add_argument("--sentences", type=int, default=2_000 if cuda else 200)
    batches = [64, 128, 256] if cuda else [8, 32]
    parser.add_argument("--batches", type=int, nargs="+", default=batches, help="of generate")
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 5])
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    return parser


if __name__ == "__main__":
    main()
