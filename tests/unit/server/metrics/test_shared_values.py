"""One scrape sees what all processes of a server have counted."""

import pytest

from tests.scenarios import run_scenario
from tests.unit.server.metrics.counting_processes import SCENARIOS


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_processes_count_together(scenario: str) -> None:
    run_scenario("tests.unit.server.metrics.counting_processes", scenario)
