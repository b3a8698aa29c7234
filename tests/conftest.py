"""Figures that tests measure on their way, printed when all is done."""

import signal
from collections.abc import Callable

import pytest

Figure = Callable[[str], None]


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """`figure("detected after 3 ms")` puts a line into the summary; it asserts nothing."""

    def note(text: str) -> None:
        request.node.user_properties.append(("figure", text))

    return note


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
    """Let programs that tests start hear SIGINT, though pytest were started in the background.

    A shell makes such processes ignore it, and they pass that on; a handler they do not.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
