"""The tests of tests/gpu; each result is emitted at once, so that a hanging test loses no other."""

from collections import Counter

import pytest

from benchmarks.gpu.options import Emit, NeedsGpuError, Options, PartError, Row
from benchmarks.gpu.parts import ROOT

_FOLDER = "tests/gpu"


class _Recorder:
    """A pytest plugin that emits results."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self.outcomes: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Emit the outcome of a test, or why it could not run."""
        if report.when != "call" and report.outcome == "passed":
            return
        self.outcomes[report.outcome] += 1
        why = "" if report.outcome == "passed" else _reason(report)
        test = report.nodeid.rpartition("::")[2]
        self._emit(
            {"test": test, "outcome": report.outcome, "seconds": report.duration, "why": why}
        )


def measure(options: Options, emit: Emit) -> None:
    """Run the tests; raises PartError if one fails."""
    if options.device == "cpu":
        raise NeedsGpuError("the tests of tests/gpu run on one only")
    recorder = _Recorder(emit)
    flags = ["-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT)]
    code = pytest.main([*flags, str(ROOT / _FOLDER)], plugins=[recorder])
    if failed := recorder.outcomes["failed"]:
        raise PartError(f"{failed} of {recorder.outcomes.total()} tests failed")
    if code:
        raise PartError(f"pytest ended with {pytest.ExitCode(code).name}, see the log")


def _reason(report: pytest.TestReport) -> str:
    """Return the last line of a traceback, or why a test was skipped."""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else report.longreprtext
    return str(next(iter(str(text).splitlines()), ""))[:200]


def render(rows: list[Row]) -> str:
    """Return how many passed, and a row for each test."""
    outcomes = Counter(row["outcome"] for row in rows)
    counts = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.most_common())
    lines = [f"Results: {counts}.", "", "| test | | s | |", "| --- | --- | ---: | --- |"]
    lines += [
        f"| `{row['test']}` | {row['outcome']} | {row['seconds']:.1f} | "
        f"{row['why'].replace('|', chr(92) + '|')} |"
        for row in rows
    ]
    return "\n".join(lines)
