"""Which tests one worker of pytest-xdist runs, and in which order."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Each file is a group, run by one worker, test by test. These are groups together: `docs` share a
# server, `k8s` what is rendered and validated, `cluster` nodes of Ray; `latencies` measure times,
# `faults` kill, and two such tests at once would disturb each other.
_GROUPS = {"docs/": "docs", "k8s/": "k8s", "process/cluster/": "cluster"} | {
    f"process/test_{name}.py": group
    for group, names in (
        ("latencies", ("fairness", "nvml", "pool")),
        ("faults", ("faults", "quarantine", "restart")),
    )
    for name in names
}
# Long groups begin first, so that no worker is left with one at the end: those that mostly wait,
# for processes and clocks, in turns with those that compute, so that the cores are always busy.
_WAIT = ("docs/", "process/", "e2e/", "k8s/", "browser/")
_COMPUTE = ("unit/translator/", "unit/training/", "unit/benchmarks/")


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """Gives groups of tests to workers, in the order of collection."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        config.option.loadscopereorder = False  # not the group with the most tests first
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        """Return the group of a test."""
        place = _place(nodeid)
        return next((_GROUPS[start] for start in _GROUPS if place.startswith(start)), place)


def sort(items: list[pytest.Item]) -> None:
    """Sort tests such that groups that wait and groups that compute alternate."""
    places = list(dict.fromkeys(_place(item.nodeid) for item in items))
    ranks = {place: (2.0, i) for i, place in enumerate(places)}
    for starts in (_WAIT, _COMPUTE):
        chosen = [place for start in starts for place in places if place.startswith(start)]
        for i, place in enumerate(chosen):
            ranks[place] = (i / len(chosen), i)
    items.sort(key=lambda item: ranks[_place(item.nodeid)])


def _place(nodeid: str) -> str:
    return nodeid.partition("::")[0].removeprefix("tests/")
