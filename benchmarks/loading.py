"""`python -m benchmarks.loading`: the memory that engines take while they load a checkpoint.

The checkpoint is random, with a shape of NLLB-200 3.3B's proportions: every size but the number of
layers is a fraction of the real one. Each engine loads it in a process of its own, which has
imported everything before. Counted is the growth of its peak resident memory, mapped files
included. Prints a table and one JSON line; `--output` writes both as Markdown too.
"""

import argparse
import datetime
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.report import in_words, machine, publish, versions

if TYPE_CHECKING:
    from translator.models.checkpoints import Checkpoint

# Of facebook/nllb-200-3.3B; those in _SCALED are multiplied by a fraction.
REAL = {
    "vocab_size": 256_206, "d_model": 2_048, "encoder_ffn_dim": 8_192, "decoder_ffn_dim": 8_192,
    "encoder_layers": 24, "decoder_layers": 24, "encoder_attention_heads": 16,
    "decoder_attention_heads": 16,
}  # fmt: skip
_SCALED = ("vocab_size", "d_model", "encoder_ffn_dim", "decoder_ffn_dim")
CONVERTED, CONVERTING = "ctranslate2, converted before", "ctranslate2, first start"
GPU = "conversion for ctranslate2 on a GPU"
# Engine, dtype, and bytes that a parameter takes in that dtype.
CASES = (
    ("reference", "bfloat16", 2),
    ("inflight", "bfloat16", 2),
    ("inflight", "int8", 1),
    (CONVERTED, "int8", 1),
    (CONVERTING, "int8", 1),
    (GPU, "bfloat16", 2),
)
_TINY = "tiny"
_WARM_UP = 1 / 64  # fraction for the checkpoint that is loaded before, for code to be in memory
FILES = ("safetensors", "bin")
_MEGABYTE = 1e6


def main() -> None:
    """Measure every engine, or one of them in this process."""
    arguments = _parser().parse_args()
    if arguments.case:
        engine, dtype, folder = arguments.case
        print(json.dumps(grown(engine, dtype, Path(folder))))
        return
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for stored in arguments.stored:
            for files in FILES:
                folder = Path(scratch) / f"{stored}-{files}"
                write_checkpoint(folder / _TINY, shape(_WARM_UP), stored, files)
                parameters = write_checkpoint(folder, shape(arguments.fraction), stored, files)
                rows += [measure(case, folder, parameters, stored, files) for case in CASES]
                shutil.rmtree(folder)
    report = {
        "benchmark": "loading",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cpu": machine(),
        "versions": versions("torch", "transformers", "ctranslate2"),
        "fraction": arguments.fraction,
        "parameters": parameters,
        "real_parameters": parameters_of(REAL),
        "rows": rows,
    }
    publish(report, render(report), arguments.output)


def shape(fraction: float) -> dict[str, int]:
    """Return a fraction of the real shape."""
    return REAL | {name: int(REAL[name] * fraction) for name in _SCALED}


def parameters_of(sizes: dict[str, int]) -> int:
    """Return the number of parameters of a shape; tied embeddings count once."""
    from transformers import M2M100Config

    from translator.engines.model_tensors import TABLES, tensor_shapes

    shapes = dict(tensor_shapes(M2M100Config(**sizes)))
    return sum(math.prod(each) for name, each in shapes.items() if name not in TABLES[1:])


def write_checkpoint(folder: Path, sizes: dict[str, int], stored: str, files: str) -> int:
    """Write random weights in the dtype `stored`; return the number of parameters."""
    import torch
    from safetensors.torch import save_file
    from transformers import M2M100Config

    from translator.engines.model_tensors import SHARED, TABLES, tensor_shapes
    from translator.models.checkpoints import BUNDLED_FOLDER

    config = M2M100Config(**sizes, decoder_start_token_id=2)
    shapes = {n: s for n, s in tensor_shapes(config) if n not in TABLES}
    shapes[SHARED] = (config.vocab_size, config.d_model)
    dtype = getattr(torch, stored)
    tensors = {name: torch.rand(each).sub_(0.5).to(dtype) for name, each in shapes.items()}
    config.save_pretrained(folder)
    for name in ("sentencepiece.bpe.model", "vocab.json", "tokenizer_config.json"):
        shutil.copyfile(BUNDLED_FOLDER / name, folder / name)
    if files == "bin":
        torch.save(tensors, folder / "pytorch_model.bin")
    else:
        save_file(tensors, folder / "model.safetensors")
    return sum(tensor.numel() for tensor in tensors.values())


def measure(
    case: tuple[str, str, int], folder: Path, parameters: int, stored: str, files: str
) -> dict[str, Any]:
    """Return a row: what a process that loads the checkpoint needs, beside the size."""
    engine, dtype, width = case
    command = [sys.executable, "-m", "benchmarks.loading", "--case", engine, dtype, str(folder)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    figures: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    size = parameters * width
    ratios = {f"{name}_ratio": bytes_ / size for name, bytes_ in figures.items()}
    row: dict[str, Any] = {
        "engine": engine,
        "dtype": dtype,
        "stored": stored,
        "files": files,
        "size": size,
    }
    return row | figures | ratios


def grown(engine: str, dtype: str, folder: Path) -> dict[str, int]:
    """Load a checkpoint in this process; return by how many bytes its memory grew.

    `peak`: at most; `held`: when it was loaded.
    """
    load = _loader(engine, dtype, folder)
    _loader(engine, dtype, folder / _TINY)()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins with what is used now
    before = _memory("VmRSS")
    kept = load()
    figures = {"peak": _memory("VmHWM") - before, "held": max(0, _memory("VmRSS") - before)}
    del kept
    return figures


def _loader(engine: str, dtype: str, folder: Path) -> Callable[[], object]:
    """Import what an engine needs, and only that; return what loads a checkpoint."""
    from translator.config import TranslatorConfig
    from translator.models.checkpoints import read_folder

    checkpoint, cache = read_folder("random", folder), folder / "cache"
    config = TranslatorConfig(model=str(folder), device="cpu", cache=cache, threads=1)
    if engine == "reference":
        import torch

        from translator.engines.loading import load_model

        return lambda: load_model(folder, getattr(torch, dtype))
    if engine == "inflight":
        from translator.engines.inflight.build import build_inflight, build_int8

        if dtype == "int8":
            return lambda: build_int8(config, checkpoint, cores=1, replicas=1)
        return lambda: build_inflight(config, checkpoint, dtype)
    return _ctranslate2_loader(engine, dtype, checkpoint, cache)


def _ctranslate2_loader(
    engine: str, dtype: str, checkpoint: "Checkpoint", cache: Path
) -> Callable[[], object]:
    import translator.engines.converter  # noqa: F401  # so that it is in memory before
    from translator.engines.conversion import cache_entry, converted
    from translator.engines.ctranslate2 import CoreSplit, CTranslate2Decoder

    tokenizer = checkpoint.tokenizer()
    shutil.rmtree(cache_entry(checkpoint, dtype, cache), ignore_errors=True)
    if engine == GPU:
        return lambda: converted(checkpoint, tokenizer, dtype, cache)
    if engine == CONVERTED:
        converted(checkpoint, tokenizer, dtype, cache)
    return lambda: CTranslate2Decoder.on_cpu(
        converted(checkpoint, tokenizer, dtype, cache), tokenizer, dtype, CoreSplit(1, 1)
    )


def _memory(field: str) -> int:
    """Return bytes of resident memory: VmRSS, or its peak VmHWM."""
    status = Path("/proc/self/status").read_text()
    found = re.search(rf"{field}:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def render(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    scale = report["real_parameters"] / report["parameters"]
    head = "| engine | dtype | file | size, MB | peak, MB | peak / size | held / size "
    lines = [
        "# Memory while a checkpoint loads",
        "",
        f"{report['date']}, {report['cpu']}; {in_words(report['versions'])}. "
        f"Command: `python -m benchmarks.loading --fraction {report['fraction']:g}`.",
        "",
        f"A random checkpoint of {report['parameters'] / 1e6:.0f} million parameters, with "
        f"{report['fraction']:g} of the width and vocabulary of NLLB-200 3.3B and all its layers. "
        "Size: of all parameters in the dtype that is served. Peak and held: growth of the "
        "process's resident memory, mapped files included, while the model loads and when it is "
        "loaded. For 3.3B they are computed: the ratios times its size, since all matrices have "
        "the same proportions.",
        "",
        f"{head}| 3.3B: peak, GB | 3.3B: held, GB |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['engine']} | {row['dtype']} | {row['stored']}, .{row['files']} "
        f"| {row['size'] / _MEGABYTE:.0f} | {row['peak'] / _MEGABYTE:.0f} "
        f"| {row['peak_ratio']:.2f} | {row['held_ratio']:.2f} "
        f"| {row['peak'] * scale / 1e9:.1f} | {row['held'] * scale / 1e9:.1f} |"
        for row in report["rows"]
    ]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading", description=__doc__)
    parser.add_argument("--fraction", type=float, default=0.25, help="of the real width")
    stored = ["bfloat16", "float32"]
    parser.add_argument("--stored", nargs="+", choices=stored, default=stored)
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    parser.add_argument("--case", nargs=3, help="engine, dtype and folder to load here")
    return parser


if __name__ == "__main__":
    main()
