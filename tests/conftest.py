"""What all tests share: the order among parallel workers, and measured figures in the summary."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

# Two teams of OpenMP threads on the same cores wait for each other, up to 50 times as long as one
# thread works. Set before anything imports torch; servers that tests start inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

Figure = Callable[[str], None]

_TESTS = Path(__file__).parent
# Parallel runs only. A group is run by one worker, test by test; elsewhere each file is a group.
# `servers` share a converted model and load two workers each, `processes` count time and kills:
# two such tests at once would measure each other.
_GROUPS = {"process": "processes", "e2e": "servers", "docs": "servers"}
# Long groups begin first, so that no worker is left with one at the end.
_FIRST = ("process", "unit/translator", "docs", "e2e", "browser", "unit/training")


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """`figure("detected after 3 ms")` puts a line into the summary; it asserts nothing."""

    def note(text: str) -> None:
        request.node.user_properties.append(("figure", text))

    return note


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each test its group, and put the long ones first, where pytest-xdist runs them."""
    if not hasattr(config, "workerinput"):
        return
    places = {item: item.path.relative_to(_TESTS).as_posix() for item in items}
    for item, place in places.items():
        group = _GROUPS.get(place.partition("/")[0], place)
        item.add_marker(pytest.mark.xdist_group(group))

    def rank(item: pytest.Item) -> int:
        matches = (i for i, folder in enumerate(_FIRST) if places[item].startswith(f"{folder}/"))
        return next(matches, len(_FIRST))

    items.sort(key=rank)


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
