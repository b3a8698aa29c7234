"""Memory budgets shrink at once and recover slowly."""

from gpu_pool.memory import MIN_SHARE, SHRINK, MemoryBudget
from gpu_pool.scheduler import held_back_reason
from gpu_pool.work_item import WorkItem
from gpu_pool.worker_load import WorkerLoad

LIMIT = 100


def test_a_budget_shrinks_and_recovers() -> None:
    budget = MemoryBudget(1_000)
    budget.shrink()
    assert budget.now == 1_000 * SHRINK
    budget.recover(30.0)
    assert 0.8 * 1_000 < (budget.now or 0) < 1_000
    budget.recover(3_600.0)
    assert budget.now == 1_000
    for _ in range(100):
        budget.shrink()
    assert budget.now == 1_000 * MIN_SHARE


def test_without_a_budget_there_is_no_limit() -> None:
    budget = MemoryBudget()
    budget.shrink()
    assert budget.now is None


def test_a_shrunk_budget_admits_less_except_at_an_idle_worker() -> None:
    item = WorkItem(0, 10, memory=60)
    assert not WorkerLoad(0, tokens=1, reserved=1, budget=100, share=0.5).has_memory_now(item)
    assert WorkerLoad(0, tokens=1, reserved=1, budget=100).has_memory_now(item)
    assert WorkerLoad(0, budget=100, share=0.5).has_memory_now(item)
    assert not WorkerLoad(0, budget=50, share=0.5).has_memory_now(item)


def test_each_reason_to_hold_a_worker_back_has_its_own_message() -> None:
    item = WorkItem(0, 10, memory=60)
    assert held_back_reason(item, WorkerLoad(0), LIMIT) is None
    reasons = [
        held_back_reason(item, load, LIMIT)
        for load in (
            WorkerLoad(0, tokens=5, exclusive=True),
            WorkerLoad(0, budget=59),
            WorkerLoad(0, tokens=95),
            WorkerLoad(0, tokens=5, available=59),
        )
    ]
    assert all(reasons)
    assert len(set(reasons)) == 4
