"""Measures what dense files cost: `python -m tests.unit.documents.measure_sizes --mib 2 10 50`.

Each file is translated in a process of its own, which may take 8 GiB of memory and ten minutes.
With `--largest`, a file that is over a limit is halved until it is not.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from documents import FORMATS, DocumentError, DocumentOptions, run_rounds
from tests.unit.documents.dense_files import dense_file, names

_MAX_BYTES = 8 << 30
_MAX_SECONDS = 600
_SMALL_BYTES = 500
_MODULE = "tests.unit.documents.measure_sizes"
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a file took: seconds of CPU, bytes of memory beyond those before, and what came out."""

    seconds: float
    memory: int
    outcome: str


def measure(suffix: str, path: Path) -> Cost:
    """Translate a file in a process of its own."""
    command = [sys.executable, "-m", _MODULE, "--child", suffix, str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        last = ended.stderr.strip().rpartition("\n")[2][:80]
        return Cost(0.0, 0, f"ended with {ended.returncode} {last}")
    return Cost(**json.loads(ended.stdout))


def _child(suffix: str, path: Path) -> Cost:
    """Translate a file in this process to upper case."""
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_BYTES, _MAX_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_MAX_SECONDS, _MAX_SECONDS))
    options = DocumentOptions("de", "en")
    _warm_up(suffix, options)
    data = path.read_bytes()
    before, began = _memory("VmRSS"), time.process_time()
    try:
        (translated,) = run_rounds([FORMATS[suffix].translate(data, options)], _upper)
        outcome = "unchanged" if translated.data == data else "translated"
    except DocumentError as error:
        outcome = f"refused: {error}"
    except MemoryError:
        outcome = "out of memory"
    return Cost(time.process_time() - began, _memory("VmHWM") - before, outcome)


def _warm_up(suffix: str, options: DocumentOptions) -> None:
    """Import what the format needs, which is no cost of a file."""
    small = dense_file(suffix, names(suffix)[0], _SMALL_BYTES)
    run_rounds([FORMATS[suffix].translate(small, options)], _upper)


def _upper(texts: list[str]) -> list[str]:
    return [text.upper() for text in texts]


def _memory(name: str) -> int:
    """Return a value of this process, in bytes."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) << 10


def main() -> None:
    """Measure all formats, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=float, nargs="+", default=[2.0])
    parser.add_argument("--only", nargs="+", default=sorted(FORMATS), help="suffixes")
    parser.add_argument("--largest", action="store_true", help="halve files that are too large")
    parser.add_argument("--child", nargs=2)
    arguments = parser.parse_args()
    if arguments.child:
        suffix, path = arguments.child
        cost = _child(suffix, Path(path))
        sys.stdout.write(json.dumps(asdict(cost)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        for mib in arguments.mib:
            for suffix in arguments.only:
                for name in names(suffix):
                    _measure_sizes(path, suffix, name, mib, largest=arguments.largest)


def _measure_sizes(path: Path, suffix: str, name: str, mib: float, *, largest: bool) -> None:
    """Measure a file of that size, and with `largest` smaller ones until one is not too large."""
    while True:
        path.write_bytes(dense_file(suffix, name, int(mib * (1 << 20))))
        cost = measure(suffix, path)
        memory = cost.memory / (1 << 20)
        report = [f"{mib:g}", suffix, name, f"{cost.seconds:.1f} s", f"{memory:.0f} MiB"]
        sys.stdout.write("\t".join((*report, cost.outcome)) + "\n")
        sys.stdout.flush()
        if not largest or "split it" not in cost.outcome:
            return
        mib /= 2


if __name__ == "__main__":
    main()
