"""Properties of the schedule, over queues and workers that hypothesis makes up."""

from collections import deque
from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from gpu_pool.scheduler import LOOKAHEAD, MAX_OVERTAKEN, WorkerLoad, WorkItem, assign
from gpu_pool.work_queue import WorkQueue

LIMIT = 100

JOBS = st.lists(
    st.builds(
        WorkItem,
        id=st.just(0),
        tokens=st.integers(1, 150),
        memory=st.integers(0, 120),
        alone=st.sampled_from([False, False, False, True]),
        overtaken=st.integers(0, MAX_OVERTAKEN + 1),
    ),
    max_size=30,
)
BYTES = st.none() | st.integers(0, 100)
LOADS = st.lists(
    st.builds(
        WorkerLoad,
        worker=st.just(0),
        tokens=st.integers(0, 120),
        reserved=st.integers(0, 100),
        speed=st.none() | st.floats(0.1, 1000),
        budget=BYTES,
        available=BYTES,
        batches=st.integers(1, 3),
        exclusive=st.booleans(),
    ),
    max_size=5,
)


def queue_of(*items: WorkItem) -> WorkQueue:
    queue = WorkQueue()
    for item in items:
        queue.append(item)
    return queue


def drained(queue: WorkQueue) -> list[WorkItem]:
    return [queue.popleft() for _ in range(len(queue))]


def numbered(items: list[WorkItem], loads: list[WorkerLoad]) -> tuple[WorkQueue, list[WorkerLoad]]:
    for i, item in enumerate(items):
        item.id = i
    for i, load in enumerate(loads):
        load.worker = i
        if load.tokens == 0:
            load.reserved, load.exclusive = 0, False
    return queue_of(*items), loads


@given(JOBS, LOADS)
def test_no_job_is_lost_or_duplicated_and_what_waits_keeps_its_order(
    items: list[WorkItem], loads: list[WorkerLoad]
) -> None:
    queue, loads = numbered(items, loads)
    assigned = [item.id for item, _ in assign(queue, loads, LIMIT)]
    waiting = [item.id for item in drained(queue)]
    assert sorted(assigned + waiting) == list(range(len(items)))
    assert waiting == sorted(waiting)


@given(JOBS, LOADS)
def test_no_worker_goes_beyond_its_tokens_and_memory(
    items: list[WorkItem], loads: list[WorkerLoad]
) -> None:
    queue, loads = numbered(items, loads)
    before = deepcopy(loads)
    taken: dict[int, list[WorkItem]] = {}
    for item, load in assign(queue, loads, LIMIT):
        taken.setdefault(load.worker, []).append(item)
    for worker, theirs in taken.items():
        was = before[worker]
        tokens = was.tokens + sum(item.tokens for item in theirs)
        memory = was.reserved + sum(item.memory for item in theirs)
        assert not was.exclusive
        assert tokens <= LIMIT * was.batches or (was.tokens == 0 and len(theirs) == 1)
        assert was.budget is None or memory <= was.budget
        if was.available is not None and memory > was.available:
            # Only an idle worker, with one job that no worker at all has memory for.
            assert was.tokens == 0
            first = theirs[0]
            assert not any(load.will_admit(first) for load in before)


@given(JOBS, LOADS)
def test_what_travels_alone_shares_its_worker_with_nothing(
    items: list[WorkItem], loads: list[WorkerLoad]
) -> None:
    queue, loads = numbered(items, loads)
    before = deepcopy(loads)
    taken: dict[int, list[WorkItem]] = {}
    for item, load in assign(queue, loads, LIMIT):
        taken.setdefault(load.worker, []).append(item)
    for worker, theirs in taken.items():
        if any(item.alone for item in theirs):
            assert len(theirs) == 1
            assert before[worker].tokens == 0


@given(JOBS, LOADS)
def test_first_in_first_out_where_memory_is_not_short(
    items: list[WorkItem], loads: list[WorkerLoad]
) -> None:
    queue, loads = numbered(items, loads)
    for item in items:
        item.memory, item.alone = 0, False
    for load in loads:
        load.budget = load.available = None
    assigned = [item.id for item, _ in assign(queue, loads, LIMIT)]
    assert assigned == list(range(len(assigned)))


@given(JOBS, LOADS)
def test_an_idle_worker_never_stays_idle_beside_a_first_job_in_its_budget(
    items: list[WorkItem], loads: list[WorkerLoad]
) -> None:
    queue, loads = numbered(items, loads)
    for load in loads:
        load.available = None
    first = queue.head() if queue else None
    idle = [load for load in loads if load.tokens == 0 and first and load.in_budget(first)]
    assign(queue, loads, LIMIT)
    assert not idle or first not in drained(queue)


def test_the_worker_that_would_be_done_first_is_chosen() -> None:
    slow, fast = WorkerLoad(0, tokens=10, speed=10.0), WorkerLoad(1, tokens=50, speed=100.0)
    [(_, chosen)] = assign(queue_of(WorkItem(0, 10)), [slow, fast], LIMIT)
    assert chosen is fast


def test_a_device_filled_by_others_gets_nothing_while_another_will_have_room() -> None:
    full = WorkerLoad(0, budget=1000, available=5)
    healthy = WorkerLoad(1, tokens=LIMIT - 1, budget=1000, available=900)
    queue = queue_of(WorkItem(0, 10, memory=100))
    assert assign(queue, [full, healthy], LIMIT) == []
    healthy.tokens = 0
    assert [load for _, load in assign(queue, [full, healthy], LIMIT)] == [healthy]


def test_a_large_job_is_overtaken_a_bounded_number_of_times_and_then_served() -> None:
    large = WorkItem(0, 10, memory=100)
    queue = queue_of(large, *(WorkItem(i, 10, memory=10) for i in range(1, 1000)))
    held: deque[WorkItem] = deque([WorkItem(-1, 10, memory=10)])
    overtook = 0
    while True:
        load = WorkerLoad(
            0, sum(item.tokens for item in held), sum(item.memory for item in held), budget=100
        )
        given_out = [item for item, _ in assign(queue, [load], LIMIT)]
        if large in given_out:
            break
        overtook += len(given_out)
        held.extend(given_out)
        held.popleft()
    assert overtook <= MAX_OVERTAKEN + LIMIT // 10  # the last hand-out may end above the bound


def test_a_long_queue_costs_no_more_than_a_short_one() -> None:
    class Counting(WorkQueue):
        touched = 0

        def popleft(self) -> WorkItem:
            self.touched += 1
            return super().popleft()

    queue = Counting()
    for i in range(10_000):
        queue.append(WorkItem(i, 10, memory=50))
    assign(queue, [WorkerLoad(0, tokens=10, budget=10)], LIMIT)
    assert queue.touched <= LOOKAHEAD
