"""The order of the queue: no item is lost, no client starves."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gpu_pool.work_item import WorkItem
from gpu_pool.work_queue import BULK_SHARE, QUANTUM, WorkQueue

CLIENTS = ("a", "b", "c")
ITEMS = st.lists(
    st.builds(
        WorkItem,
        id=st.just(0),
        tokens=st.integers(1, 2 * QUANTUM),
        client=st.sampled_from(CLIENTS),
        bulk=st.booleans(),
    ),
    max_size=60,
)


def queue_of(*items: WorkItem) -> WorkQueue[WorkItem]:
    queue = WorkQueue[WorkItem]()
    for item in items:
        queue.extend([item])
    return queue


@given(ITEMS, st.lists(st.booleans(), max_size=100))
def test_every_item_comes_out_once_and_those_of_a_client_in_order(
    items: list[WorkItem], steps: list[bool]
) -> None:
    """`steps` are appends (True) and pops (False)."""
    for i, item in enumerate(items):
        item.id = i
    queue, coming, out = WorkQueue[WorkItem](), list(items), []
    for come in steps:
        if come and coming:
            queue.extend([coming.pop(0)])
        elif queue:
            assert queue.head() is queue.head()
            out.append(queue.popleft())
    for item in coming:
        queue.extend([item])
    out += [queue.popleft() for _ in range(len(queue))]
    assert sorted(item.id for item in out) == list(range(len(items)))
    for client in CLIENTS:
        for bulk in (False, True):
            theirs = [item.id for item in out if (item.client, item.bulk) == (client, bulk)]
            assert theirs == sorted(theirs)


@given(st.lists(st.integers(1, 100), min_size=30, max_size=60), st.integers(2, 6))
def test_waiting_clients_get_equal_shares_of_tokens(lengths: list[int], clients: int) -> None:
    items = [WorkItem(0, tokens, client=str(c)) for c in range(clients) for tokens in lengths]
    queue = queue_of(*items)
    taken, left = Counter[str](), Counter(item.client for item in items)
    while all(left[str(c)] for c in range(clients)):
        item = queue.popleft()
        taken[item.client] += item.tokens
        left[item.client] -= 1
        shares = [taken[str(c)] for c in range(clients)]
        assert max(shares) - min(shares) <= 2 * QUANTUM + 100


def test_a_small_client_waits_for_one_turn_of_a_greedy_one() -> None:
    queue = queue_of(*(WorkItem(i, 10, client="greedy") for i in range(10_000)))
    queue.extend([WorkItem(-1, 10, client="small")])
    before = 0
    while queue.popleft().id != -1:
        before += 10
    assert before <= QUANTUM


def test_interactive_work_goes_first_and_bulk_work_does_not_starve() -> None:
    queue = queue_of(*(WorkItem(i, 10, bulk=True) for i in range(500)))
    order = []
    for i in range(1_000):  # there is always interactive work
        queue.extend([WorkItem(i, 10)])
        order.append(queue.popleft())
    bulk = sum(item.bulk for item in order)
    assert abs(bulk - 1_000 / (BULK_SHARE + 1)) <= 3
    assert not any(item.bulk for item in order[: QUANTUM // 10])
    queue = queue_of(WorkItem(0, 10, bulk=True), WorkItem(1, 10))
    assert [queue.popleft().id for _ in range(2)] == [1, 0]


def test_bulk_work_earns_no_credit_while_none_waits() -> None:
    queue = queue_of(*(WorkItem(i, 100) for i in range(50)))
    queue.extend([WorkItem(-1, 10, bulk=True)])
    for _ in range(9):
        queue.popleft()
    queue.extend([WorkItem(-2, 10, bulk=True)])
    assert sum(queue.popleft().bulk for _ in range(10)) <= 2


def test_items_that_are_put_back_come_first() -> None:
    queue = queue_of(*(WorkItem(i, 10, client=str(i % 2)) for i in range(6)))
    taken = [queue.popleft() for _ in range(3)]
    queue.put_back(taken)
    assert [queue.popleft() for _ in range(3)] == taken
    assert len(queue) == 3
