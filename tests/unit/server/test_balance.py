"""How many connections a front has too many."""

import pytest

from server.http.balance import Balance


@pytest.mark.parametrize(
    ("used", "surplus"),
    [
        ([0, 0], 0),
        ([1, 0], 0),
        ([2, 0], 1),
        ([4, 4], 0),
        ([5, 4], 0),
        ([5, 3], 1),
        ([8, 0], 4),
        ([31, 1], 15),
        ([3, 1, 1, 0], 2),
        ([100], 0),
    ],
)
def test_the_surplus_of_the_first_of_these_fronts(used: list[int], surplus: int) -> None:
    balance = Balance(len(used))
    for front, count in reversed(list(enumerate(used))):
        balance.enter(front)
        found = balance.surplus(count)
    assert found == surplus


def test_a_front_that_replaces_another_has_no_connections() -> None:
    balance = Balance(2)
    balance.enter(1)
    balance.surplus(10)
    balance.enter(1)
    balance.enter(0)
    assert balance.surplus(10) == 5
