"""Which tests one worker of pytest-xdist runs, and in which order."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Each file is a group, run by one worker, test by test; these folders are groups as a whole.
# `servers` share a converted model and load two workers each, `processes` measure times and kill:
# two such tests at once would disturb each other.
_GROUPS = {"process": "processes", "e2e": "servers", "docs": "servers"}
# Long groups begin first, so that no worker is left with one at the end.
_FIRST = ("process/", "unit/translator/", "docs/", "e2e/", "browser/", "unit/training/")


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """Gives groups of tests to workers, in the order of collection."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        config.option.loadscopereorder = False  # not the group with the most tests first
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        """Return the group of a test."""
        place = _place(nodeid)
        return _GROUPS.get(place.partition("/")[0], place)


def rank(nodeid: str) -> int:
    """Return a number by which to sort tests: the lower, the earlier."""
    place = _place(nodeid)
    return next((i for i, start in enumerate(_FIRST) if place.startswith(start)), len(_FIRST))


def _place(nodeid: str) -> str:
    return nodeid.partition("::")[0].removeprefix("tests/")
