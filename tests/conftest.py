"""What all tests share: threads, the order in parallel runs, the cache, figures in the summary."""

import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer

from tests.scheduling import GroupScheduling, sort

# Two teams of OpenMP threads on the same cores wait for each other, up to 50 times as long as one
# thread works. Set before anything imports torch; servers that tests start inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Without a GPU, Triton's interpreter runs kernels. It is chosen when Triton is first imported, and
# torch imports it for many reasons.
if not Path("/proc/driver/nvidia").is_dir():
    os.environ.setdefault("TRITON_INTERPRET", "1")
# Else every worker of pytest-xdist and every process that a test starts would compile all modules.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# How long an example takes depends on what else the machine does.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

Figure = Callable[[str], None]


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """`figure("detected after 3 ms")` puts a line into the summary; it asserts nothing."""

    def note(text: str) -> None:
        request.node.user_properties.append(("figure", text))

    return note


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of converted models and measured speeds, shared by all workers of pytest-xdist.

    The code under test makes each entry once, however many processes ask for it.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # of the whole run
    return folder / "cache"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort the tests where pytest-xdist runs them; otherwise leave their order."""
    if hasattr(config, "workerinput"):
        sort(items)


def pytest_collection_finish() -> None:
    """Exempt what has been imported from garbage collections, which the code under test asks for.

    It is never garbage, and a million objects take a second to visit.
    """
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling:
    """Give groups of tests to workers."""
    return GroupScheduling(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures of the tests that passed, a line each."""
    figures = [
        (report.nodeid.rpartition("::")[2], value)
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == "figure" and report.when == "call"
    ]
    if figures:
        terminalreporter.section("figures of this run")
        width = max(len(test) for test, _ in figures)
        for test, value in figures:
            terminalreporter.write_line(f"{test:{width}}  {value}")


def pytest_configure() -> None:
    """Let programs that tests start receive SIGINT, even if pytest runs in the background.

    A shell makes background processes ignore it. Children inherit that, but no handler.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
