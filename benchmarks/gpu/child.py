"""The process of one part: `python -m benchmarks.gpu.child MODULE OPTIONS STATE`.

After each row it writes everything so far to the file STATE, so that a part that is killed loses
only its current row.
"""

import importlib
import json
import os
import platform
import subprocess
import sys
import traceback
from collections.abc import Mapping
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol, cast

from benchmarks.gpu.options import Emit, NeedsGpuError, Options, PartError, Row

_PACKAGES = ("torch", "transformers", "triton", "ctranslate2")


class Part(Protocol):
    """The functions that the module of a part defines."""

    def measure(self, options: Options, emit: Emit) -> None:
        """Measure, and emit each row."""

    def render(self, rows: list[Row]) -> str:
        """Return rows as Markdown."""


class State:
    """The file that the parent reads: machine, rows, their table, and an error."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[Row] = []
        self._known: dict[str, Any] = {}

    def add_row(self, part: Part, row: Mapping[str, Any]) -> None:
        """Add a row of a part, and write the file."""
        self._rows.append(dict(row))
        rows = [dict(row) for row in self._rows]  # rendering may change them
        self.note(table=part.render(rows), rows=rows)

    def note(self, **known: object) -> None:
        """Add other items, and replace the file atomically."""
        self._known |= known
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(self._known), encoding="utf-8")
        os.replace(new, self._path)


def main(module: str, options: Options, path: Path) -> int:
    """Run a part; return the exit code."""
    state = State(path)
    try:
        state.note(machine=_describe(options.device))
        part = cast(Part, importlib.import_module(module))
        part.measure(options, partial(state.add_row, part))
    except PartError as error:
        state.note(failed=str(error), needs_gpu=isinstance(error, NeedsGpuError))
        return 1
    except Exception as error:  # noqa: BLE001 - the other parts go on
        traceback.print_exc()
        message = next(iter(str(error).splitlines()), "")
        state.note(failed=f"{type(error).__name__}: {message}")
        return 1
    return 0


def _describe(device: str) -> dict[str, Any]:
    """Return card, driver, cores and versions; raises NeedsGpuError without a card."""
    import torch

    described: dict[str, Any] = {
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "versions": {name: found for name in _PACKAGES if (found := _version(name))},
    }
    if device == "cpu":
        return {"card": f"CPU {platform.machine()}", **described}
    if not torch.cuda.is_available():
        raise NeedsGpuError("torch sees no CUDA device; `--device cpu` tries what goes without")
    return {
        "card": torch.cuda.get_device_name(),
        "cards": torch.cuda.device_count(),
        "driver": _driver(),
        "cuda": torch.version.cuda,
        **described,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _driver() -> str:
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return found.stdout.split("\n")[0].strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Options.from_json(sys.argv[2]), Path(sys.argv[3])))
