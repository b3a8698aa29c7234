"""What all tests share: threads, the order in parallel runs, measured figures in the summary."""

import os
import signal
from collections.abc import Callable

import pytest
from xdist.remote import Producer

from tests.scheduling import GroupScheduling, rank

# Two teams of OpenMP threads on the same cores wait for each other, up to 50 times as long as one
# thread works. Set before anything imports torch; servers that tests start inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

Figure = Callable[[str], None]


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """`figure("detected after 3 ms")` puts a line into the summary; it asserts nothing."""

    def note(text: str) -> None:
        request.node.user_properties.append(("figure", text))

    return note


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort the tests where pytest-xdist runs them; otherwise leave their order."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: rank(item.nodeid))


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
