"""The parts, each in a process of its own with a time of its own: one that fails costs no other."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.gpu.options import Options, Row

ROOT = Path(__file__).resolve().parents[2]
_LAST_LINES = 25  # of the log of a part that failed


@dataclass(frozen=True)
class Part:
    """What is run, and for how long at most."""

    name: str
    title: str
    module: str
    seconds: float


# Together 228 s. The tests are last: what others leave of their time is theirs.
PARTS = (
    Part("decoding", "the engines side by side", "benchmarks.gpu.engines", 60),
    Part("pieces", "where the time of a step goes", "benchmarks.gpu.pieces", 20),
    Part("profile", "launches, copies and waits", "benchmarks.gpu.profile", 25),
    Part("http-bundled", "the server with the bundled model", "benchmarks.gpu.serving", 30),
    Part("http-random", "the server with random weights", "benchmarks.gpu.serving", 48),
    Part("tests", "the tests of tests/gpu", "benchmarks.gpu.suite", 45),
)


@dataclass(frozen=True)
class Outcome:
    """What became of a part; rows and table are there as far as it got."""

    part: Part
    took: float
    failed: str | None = None
    needs_gpu: bool = False
    machine: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[Row] = ()
    table: str = ""
    log: str = ""


def run_parts(
    parts: Sequence[Part],
    scale: float,
    options: Callable[[Part, float], Options],
    work: Path,
    environment: Mapping[str, str],
) -> Iterator[Outcome]:
    """Run parts one after the other; each has its seconds times `scale`.

    What one leaves of its time those after it may use: the sum is what is bounded.
    """
    deadline = time.monotonic()
    for part in parts:
        seconds = part.seconds * scale
        deadline += seconds
        limit = max(seconds, deadline - time.monotonic())
        yield run_part(part, limit, options(part, seconds), work, environment)


def run_part(
    part: Part, limit: float, options: Options, work: Path, environment: Mapping[str, str]
) -> Outcome:
    """Run a part for at most `limit` seconds; nothing that it started outlives it."""
    state, log = work / f"{part.name}.json", work / f"{part.name}.log"
    command = [sys.executable, "-m", "benchmarks.gpu.child", part.module, options.to_json()]
    begun = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, str(state)],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env=environment, cwd=ROOT, start_new_session=True,
        )  # fmt: skip
        code: int | None = None
        with suppress(subprocess.TimeoutExpired):
            try:
                code = process.wait(limit)
            finally:
                _end(process)
    took = time.monotonic() - begun
    known = json.loads(state.read_text(encoding="utf-8")) if state.exists() else {}
    return Outcome(
        part, took,
        failed=_why(code, known.get("failed"), limit),
        needs_gpu=known.get("needs_gpu", False),
        machine=known.get("machine", {}),
        rows=known.get("rows", ()),
        table=known.get("table", ""),
        log="\n".join(log.read_text("utf-8", errors="replace").splitlines()[-_LAST_LINES:]),
    )  # fmt: skip


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill all of the group: a server that a part started has workers and a card."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _why(code: int | None, told: str | None, limit: float) -> str | None:
    """Return why a part failed; None where it did not."""
    if code is None:
        return f"not done after {limit:.0f} s"
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return None if code == 0 else told or f"exit code {code}, see the log"
