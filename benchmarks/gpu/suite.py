"""The tests of tests/gpu, each told as it ends, so that a test that hangs costs only itself."""

from collections import Counter

import pytest

from benchmarks.gpu.options import NeedsGpuError, Options, PartError, Row, Tell
from benchmarks.gpu.parts import ROOT

_FOLDER = "tests/gpu"


class _Recorder:
    """A plugin of pytest that tells results."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self.outcomes: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell what a test did, or what kept it from running."""
        if report.when != "call" and report.outcome == "passed":
            return
        self.outcomes[report.outcome] += 1
        why = "" if report.outcome == "passed" else _reason(report)
        test = report.nodeid.rpartition("::")[2]
        self._tell(
            {"test": test, "outcome": report.outcome, "seconds": report.duration, "why": why}
        )


def measure(options: Options, tell: Tell) -> None:
    """Run the tests; PartError where one fails."""
    if options.device == "cpu":
        raise NeedsGpuError("the tests of tests/gpu run on one only")
    recorder = _Recorder(tell)
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
    told = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.most_common())
    lines = [f"So far as they ran: {told}.", "", "| test | | s | |", "| --- | --- | ---: | --- |"]
    lines += [
        f"| `{row['test']}` | {row['outcome']} | {row['seconds']:.1f} | "
        f"{row['why'].replace('|', chr(92) + '|')} |"
        for row in rows
    ]
    return "\n".join(lines)
