"""`python -m benchmarks.arrays`: our engine `ctranslate2` beside CTranslate2 itself, on arrays.

A random checkpoint of the shape of NLLB-200's distilled 600M is converted to int8. The engine and
a bare `ctranslate2.Translator` decode the same token ids with the same threads, replicas, beams and
tokens in a batch, in turns, so that what else the machine does disturbs both alike. The bare one
gets its tokens as strings, sorted by length, which is not timed. Prints a table and one JSON line;
`--output` writes both as Markdown too.
"""

import argparse
import datetime
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import ctranslate2

from benchmarks.decoding import make_stream
from benchmarks.drain import drain
from benchmarks.loading import write_checkpoint
from benchmarks.peers import Numbered
from benchmarks.report import in_words, machine, publish, versions
from translator.config import TranslatorConfig
from translator.engines import Decoding, EncodedSegment
from translator.engines.converter import convert
from translator.engines.ctranslate2 import CoreSplit, CTranslate2Decoder
from translator.engines.model_tensors import ModelTensors
from translator.engines.static import StaticEngine

SHAPES = {
    "600M": {
        "vocab_size": 256_206, "d_model": 1_024, "encoder_ffn_dim": 4_096, "decoder_ffn_dim": 4_096,
        "encoder_layers": 12, "decoder_layers": 12, "encoder_attention_heads": 16,
        "decoder_attention_heads": 16,
    },
    "tiny": {  # to try this benchmark, not to measure
        "vocab_size": 8_192, "d_model": 32, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64,
        "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
    },
}  # fmt: skip
_LENGTH = 26  # tokens of a translation: random weights do not end one
_BATCH_TOKENS = TranslatorConfig().batch_tokens
_DTYPE = "int8"
Sentences = Sequence[EncodedSegment]


def main() -> None:
    """Measure every beam width."""
    arguments = _parser().parse_args()
    vocabulary = Numbered(SHAPES[arguments.shape]["vocab_size"])
    split = CoreSplit(arguments.replicas, arguments.threads)
    with tempfile.TemporaryDirectory() as name:
        folder, converted = Path(name) / "random", Path(name) / "converted"
        write_checkpoint(folder, SHAPES[arguments.shape], "bfloat16", "safetensors")
        converted.mkdir()
        convert(ModelTensors.of(folder), vocabulary, _DTYPE, converted)
        rows = []
        for beams in arguments.beams:
            rule = Decoding(beams, _LENGTH)
            stream = [s._replace(decoding=rule) for s in make_stream(beams, arguments.sentences)]
            ours = _engine(converted, vocabulary, split)
            bare = _bare(converted, vocabulary, split)
            rows.append({"beams": beams} | compare(ours, bare, stream, arguments.turns))
    report = {
        "benchmark": "arrays",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cpu": machine(),
        "versions": versions("ctranslate2"),
        "shape": arguments.shape,
        "sentences": arguments.sentences,
        "turns": arguments.turns,
        "replicas": split.replicas,
        "threads": split.threads,
        "rows": rows,
    }
    publish(report, render(report), arguments.output)


def compare(
    ours: Callable[[Sentences], object],
    bare: Callable[[Sentences], object],
    stream: Sentences,
    turns: int,
) -> dict[str, Any]:
    """Return sentences a second and CPU seconds a sentence of both, and the medians of ratios.

    Which of the two is first changes from turn to turn.
    """
    for run in (ours, bare):
        run(stream[:8])
    seconds: dict[str, list[tuple[float, float]]] = {"ours": [], "bare": []}
    for turn in range(turns):
        pair = [("ours", ours), ("bare", bare)]
        for name, run in pair if turn % 2 else reversed(pair):
            begun, used = time.perf_counter(), time.process_time()
            run(stream)
            seconds[name].append((time.perf_counter() - begun, time.process_time() - used))
    figures: dict[str, Any] = {"seconds": seconds}
    for i, kind in enumerate(("wall", "cpu")):
        for name, taken in seconds.items():
            figures[f"{name}_{kind}"] = statistics.median(each[i] for each in taken) / len(stream)
        pairs = zip(seconds["bare"], seconds["ours"], strict=True)
        figures[f"{kind}_ratio"] = statistics.median(b[i] / o[i] for b, o in pairs)
    return figures


def _engine(folder: Path, vocabulary: Numbered, split: CoreSplit) -> Callable[[Sentences], object]:
    decoder = CTranslate2Decoder.on_cpu(folder, vocabulary, _DTYPE, split)
    return partial(drain, StaticEngine(decoder, _BATCH_TOKENS))


def _bare(folder: Path, vocabulary: Numbered, split: CoreSplit) -> Callable[[Sentences], object]:
    translator = ctranslate2.Translator(
        str(folder),
        compute_type=_DTYPE,
        inter_threads=split.replicas,
        intra_threads=split.threads,
    )
    tokens = vocabulary.tokens()

    def run(stream: Sentences) -> object:
        ordered = sorted(stream, key=lambda segment: len(segment.source_ids))
        decoding = stream[0].decoding
        return translator.translate_batch(
            [[tokens[i] for i in segment.source_ids] for segment in ordered],
            target_prefix=[[tokens[segment.target_id or 0]] for segment in ordered],
            beam_size=decoding.beams,
            max_decoding_length=decoding.max_length,
            batch_type="tokens",
            max_batch_size=_BATCH_TOKENS // decoding.beams,
            return_end_token=True,
        )

    return run


def render(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    lines = [
        f"# Arrays of sentences: the engine `ctranslate2` beside CTranslate2, {report['shape']}",
        "",
        f"{report['date']}, {report['cpu']}; {in_words(report['versions'])}, {_DTYPE}, "
        f"{report['replicas']} replicas × {report['threads']} threads. Command: "
        f"`python -m benchmarks.arrays --sentences {report['sentences']} "
        f"--turns {report['turns']}`. {report['sentences']} sentences of 25 tokens on average, "
        f"{_LENGTH} tokens each in the translation; medians of {report['turns']} turns. Ratios: of "
        "the speed of the engine to that of CTranslate2, by time and by CPU time.",
        "",
        "| beams | engine, sentences/s | CTranslate2, sentences/s | ratio | ratio by CPU time |",
        "| ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['beams']} | {1 / row['ours_wall']:.1f} | {1 / row['bare_wall']:.1f} "
        f"| {row['wall_ratio']:.2f} | {row['cpu_ratio']:.2f} |"
        for row in report["rows"]
    ]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.arrays", description=__doc__)
    parser.add_argument("--shape", choices=SHAPES, default="600M")
    parser.add_argument("--beams", nargs="+", type=int, default=[1, 4])
    parser.add_argument("--sentences", type=int, default=96)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="of a replica")
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    return parser


if __name__ == "__main__":
    main()
