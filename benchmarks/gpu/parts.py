"""The parts, each in its own process with its own time limit."""

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
    """What is run, and its time limit in seconds."""

    name: str
    title: str
    module: str
    seconds: float


# Together 228 s. The tests are last, and get the time that others leave.
PARTS = (
    Part("decoding", "the engines side by side", "benchmarks.gpu.engines", 60),
    Part("pieces", "where the time of a step goes", "benchmarks.gpu.pieces", 45),
    Part("profile", "launches, copies and waits", "benchmarks.gpu.profile", 25),
    Part("http-bundled", "the server with the bundled model", "benchmarks.gpu.serving", 30),
    Part("http-random", "the server with random weights", "benchmarks.gpu.serving", 48),
    Part("tests", "the tests of tests/gpu", "benchmarks.gpu.suite", 45),
)


@dataclass(frozen=True)
class Outcome:
    """The result of a part, with the rows and table as far as it got."""

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

    Later parts may use the time that earlier ones leave: the sum is bounded.
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
    """Run a part for at most `limit` seconds, and kill all processes that it started."""
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
        failed=_failure(code, known.get("failed"), limit),
        needs_gpu=known.get("needs_gpu", False),
        machine=known.get("machine", {}),
        rows=known.get("rows", ()),
        table=known.get("table", ""),
        log="\n".join(log.read_text("utf-8", errors="replace").splitlines()[-_LAST_LINES:]),
    )  # fmt: skip


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill the process group: a part may have started a server with workers."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _failure(code: int | None, reported: str | None, limit: float) -> str | None:
    """Return why a part failed; None if it did not."""
    if code is None:
        return f"not done after {limit:.0f} s"
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return None if code == 0 else reported or f"exit code {code}, see the log"
