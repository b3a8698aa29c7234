"""`make bench-decoding`: the in-flight engine beside its peers, on sentences of mixed lengths.

Source lengths are log-normal with a mean of 25 tokens; an output is about as long as its source.
The weights are random and never end a translation, so each sentence has its own maximum length, and
a static batch runs until its longest sentence is done, as it does with real weights. All engines
run in one process, one after the other, in the same dtype; `generate` and CTranslate2 get sorted
batches of the best size tried, CTranslate2 on a GPU after a warm-up. If CTranslate2 is not
installed, its rows are missing.
Prints a table and one JSON line; `--output` writes both as Markdown too.
"""

import argparse
import datetime
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm
from transformers import M2M100Config, M2M100ForConditionalGeneration

from benchmarks.drain import drain
from benchmarks.peers import converted, ctranslate2_decoder, held, static_rate
from benchmarks.report import in_words, publish, versions
from benchmarks.sizes import SIZES
from benchmarks.slots import SlotMeter
from translator.engines import Decoder, Decoding, EncodedSegment
from translator.engines.attention import avoid_cudnn
from translator.engines.inflight.build import inflight_engine
from translator.engines.inflight.operations.choice import choose
from translator.engines.reference import ReferenceDecoder

MEAN_LENGTH, SPREAD = 25, 0.6  # tokens; sigma of the logarithm
SHORTEST, LONGEST = 4, 100
WORDS = (300, 8_000)  # range of ids; the language tokens are any two others
_GENERATE, _CTRANSLATE2 = "generate", "CTranslate2"
SOURCE_LANGUAGE, TARGET_LANGUAGE = 200, 201


def main() -> None:
    """Measure every beam width on one device."""
    arguments = _parser().parse_args()
    device = torch.device(arguments.device)
    works = [Work.of(beams, arguments.sentences) for beams in arguments.beams]
    model = random_model(arguments.size, device)
    measured = compare(model, device, arguments.dtype, works, arguments.batches)
    rows = [*tqdm(measured, desc="engines and beam widths")]
    rows.sort(key=itemgetter("beams"))
    add_ratios(rows)
    compared = any(row["engine"].startswith(_CTRANSLATE2) for row in rows)
    report = {
        "benchmark": "decoding",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "device": torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else platform.machine(),
        "size": arguments.size,
        "dtype": arguments.dtype,
        "sentences": arguments.sentences,
        "versions": versions("torch", "transformers", *(["ctranslate2"] if compared else [])),
        "bandwidth_gb_s": round(bandwidth(device) / 1e9, 1),
        "rows": rows,
    }
    publish(report, render(report), arguments.output)


@dataclass(frozen=True)
class Work:
    """What every engine decodes: many sentences of mixed lengths, and one of typical length."""

    beams: int
    stream: Sequence[EncodedSegment]
    one: Sequence[EncodedSegment]

    @classmethod
    def of(cls, beams: int, sentences: int) -> "Work":
        """Return the same sentences for all beam widths."""
        one = make_segment(0, MEAN_LENGTH, MEAN_LENGTH, beams)
        return cls(beams, make_stream(beams, sentences), [one])


def random_model(size: str, device: torch.device) -> M2M100ForConditionalGeneration:
    """Return random weights in float32 that never end a translation."""
    avoid_cudnn()  # as the server does: this model is not loaded from a checkpoint
    torch.manual_seed(0)
    config = M2M100Config(**SIZES[size])
    with device:  # to draw 418 million numbers takes a core many seconds
        model = M2M100ForConditionalGeneration(config).eval()
    model.model.shared.weight.data[config.eos_token_id] = 0.0
    return model


def compare(
    model: M2M100ForConditionalGeneration,
    device: torch.device,
    dtype: str,
    works: Sequence[Work],
    batches: Sequence[int],
) -> Iterator[dict[str, Any]]:
    """Yield a row for each engine and beam width as soon as it is measured."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compared = converted(model.cpu(), dtype, folder)
        model.to(device, getattr(torch, dtype))
        for work in works:
            yield inflight_row(model, work)
        for work in works:
            yield peer_row(_GENERATE, ReferenceDecoder(model), work, batches)
        if compared:  # last, because its threads keep spinning when they are done
            decoder = ctranslate2_decoder(model, device, dtype, folder)
            for work in works:
                if device.type == "cuda":  # the first run compiles kernels
                    static_rate(decoder, work.stream, max(batches))
                yield peer_row(_CTRANSLATE2, decoder, work, batches)


def add_ratios(rows: Sequence[dict[str, Any]]) -> None:
    """Add the ratios to `generate` with the same beam width to each row."""
    generate = {row["beams"]: row for row in rows if row["engine"].startswith(_GENERATE)}
    for row in rows:
        if other := generate.get(row["beams"]):
            row["rate_ratio"] = row["rate"] / other["rate"]
            row["ms_ratio"] = other["ms"] / row["ms"]


def peer_row(name: str, decoder: Decoder, work: Work, batches: Sequence[int]) -> dict[str, Any]:
    """Return the rate of a peer with the best batch size, and its time for one sentence."""
    rates = {size: static_rate(decoder, work.stream, size) for size in batches}
    best = max(rates, key=rates.__getitem__)
    seconds = median_seconds(lambda: decoder.decode(work.one))
    engine = f"{name}, {best} at once"
    return {"beams": work.beams, "engine": engine, "rate": rates[best], "ms": seconds * 1e3}


def inflight_row(model: M2M100ForConditionalGeneration, work: Work) -> dict[str, Any]:
    """Return the figures of the in-flight engine for the same work."""
    started = time.perf_counter()
    engine = inflight_engine(
        held(model), model.dtype, [model.device], LONGEST, LONGEST + 1, choose=choose
    )
    drain(engine, work.one)
    start = time.perf_counter() - started
    seconds = median_seconds(lambda: drain(engine, work.one))
    drain(engine, work.stream)  # records the graphs that this stream needs
    with SlotMeter() as meter:
        begun = time.perf_counter()
        drain(engine, work.stream)
        rate = len(work.stream) / (time.perf_counter() - begun)
    read = step_bytes(model)
    return {
        "beams": work.beams,
        "engine": "inflight",
        "kernels": dict(engine.kernels),
        "rate": rate,
        "ms": seconds * 1e3,
        "start_seconds": start,
        "step_bytes": read,
        "step_floor_ms": read / bandwidth(model.device) * 1e3,
    } | meter.figures()


def make_segment(key: int, source: int, target: int, beams: int) -> EncodedSegment:
    """Return random words; the lengths include language token and `</s>`."""
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


def median_seconds(run: Callable[[], object], times: int = 10) -> float:
    """Return the median time of a call, after two warm-up calls."""
    seconds = []
    for _ in range(times + 2):
        begun = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds[2:])


def step_bytes(model: M2M100ForConditionalGeneration) -> int:
    """Return the bytes of weights that a step reads: head, decoder without source projections."""
    decoder = sum(
        p.numel()
        for name, p in model.model.decoder.named_parameters()
        if "embed" not in name and "encoder_attn.k" not in name and "encoder_attn.v" not in name
    )
    shared = model.model.shared.weight
    return int((decoder + shared.numel()) * shared.element_size())


def bandwidth(device: torch.device) -> float:
    """Return the bytes per second that a large copy reads and writes on the device."""
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
        "# Decoding: in-flight batching beside its peers",
        "",
        f"{report['date']}, {report['device']}, random {report['size']} in {report['dtype']}, "
        f"{report['sentences']} sentences of {MEAN_LENGTH} tokens on average; "
        f"{in_words(report['versions'])}; memory {report['bandwidth_gb_s']} GB/s measured. "
        "Command: `make bench-decoding`. Ratios are to `generate`.",
        "",
        table(report["rows"]),
    ]
    return "\n".join(lines)


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows as Markdown; ratios and figures that a row lacks are blank."""
    lines = [
        "| beams | engine | sentences/s | ratio | one sentence, ms | ratio | occupancy | admission "
        "| step, ms | floor, ms | weights a step, MB | start, s |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        ratios = [f"{row[key]:.2f}" if key in row else "" for key in ("rate_ratio", "ms_ratio")]
        cells = [f"{row['beams']}", row["engine"], f"{row['rate']:.1f}", ratios[0]]
        cells += [f"{row['ms']:.2f}", ratios[1]]
        if "occupancy" in row:
            cells += [
                f"{row['occupancy']:.0%}", f"{row['admission']:.0%}", f"{row['step_ms']:.2f}",
                f"{row['step_floor_ms']:.2f}", f"{row['step_bytes'] / 1e6:.0f}",
                f"{row['start_seconds']:.1f}",
            ]  # fmt: skip
        else:
            cells += [""] * 6
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
