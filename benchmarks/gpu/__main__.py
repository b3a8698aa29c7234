"""`make bench-gpu`: tests and measurements on a GPU, from a source tree, in under five minutes.

Each part has its own process and time limit, so that one that fails or hangs does not affect the
others. Each writes a page with its results, even if incomplete. Nothing is installed: only torch
and transformers must be there, and other missing packages come from a folder of wheels.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.gpu.bare import prepare
from benchmarks.gpu.options import Options
from benchmarks.gpu.pages import write
from benchmarks.gpu.parts import PARTS, ROOT, Outcome, Part, run_parts
from benchmarks.sizes import SIZES

_MINUTES = sum(part.seconds for part in PARTS) / 60
_OUTPUT, _OUTPUT_ON_CPU = ROOT / "docs" / "benchmarks", ROOT / "build" / "bench-gpu"


def main(argv: Sequence[str] | None = None, parts: Sequence[Part] = PARTS) -> int:
    """Run the chosen parts; return 1 if one failed."""
    arguments = _parser(parts).parse_args(argv)
    cpu = arguments.device == "cpu"
    size = arguments.model or ("tiny" if cpu else "418M")
    output: Path = arguments.output or (_OUTPUT_ON_CPU if cpu else _OUTPUT)
    chosen = [part for part in parts if part.name in arguments.parts]

    def options(part: Part, seconds: float) -> Options:
        scratch = str(arguments.scratch)
        return Options(part.name, arguments.device, size, arguments.engine, scratch, seconds)

    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="bench-gpu-") as name:
        bare = prepare(Path(name), arguments.wheels)
        for note in bare.notes:
            _log(note)
        scale = arguments.minutes / _MINUTES
        for outcome in run_parts(chosen, scale, options, Path(name), bare.environment):
            outcomes.append(outcome)
            _log(f"{outcome.part.name}: {outcome.failed or 'done'}, {outcome.took:.0f} s")
            if outcome.needs_gpu:
                continue  # a page would only replace one that has figures
            if outcome.failed:
                _log(outcome.log)
            # A part that could not describe its machine ran on that of the others.
            machine = next((o.machine for o in reversed(outcomes) if o.machine), {})
            write(outcome, machine, _command(arguments), bare.notes, output)
    excused = [o for o in outcomes if not o.failed or (cpu and o.needs_gpu)]
    return 0 if len(excused) == len(outcomes) else 1


def _log(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _command(arguments: argparse.Namespace) -> str:
    """Return the command without local paths."""
    words = ["python -m benchmarks.gpu"]
    if arguments.parts != [part.name for part in PARTS]:
        words += ["--parts", *arguments.parts]
    words += ["--device", arguments.device, "--engine", arguments.engine]
    if arguments.model:
        words += ["--model", arguments.model]
    return " ".join(words)


def _parser(parts: Sequence[Part]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    names = [part.name for part in parts]
    parser.add_argument("--parts", nargs="+", choices=names, default=names)
    parser.add_argument(
        "--device", choices=["cuda", "cpu"], default="cuda", help="cpu: as far as that goes"
    )
    parser.add_argument(
        "--model", choices=SIZES, help="size of the random weights; 418M, on a CPU tiny"
    )
    parser.add_argument("--engine", default="inflight", help="of the server")
    parser.add_argument(
        "--minutes", type=float, default=_MINUTES, help="for all parts, were all of them chosen"
    )
    parser.add_argument("--wheels", type=Path, help="folder of wheels of what is missing here")
    parser.add_argument("--output", type=Path, help="folder of the pages")
    parser.add_argument(
        "--scratch",
        type=Path,
        default=Path(tempfile.gettempdir()) / "m2m-server-bench",
        help="folder of checkpoints, kept (418M: 1 GB)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
