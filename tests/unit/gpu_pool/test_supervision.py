"""Waits and figures of a worker's place, without processes."""

import queue
from typing import Any, cast

import pytest

from gpu_pool.memory import MemoryBudget
from gpu_pool.messages import Done, Heartbeat, Result, Segment, Translation
from gpu_pool.monitor import GpuReading
from gpu_pool.scheduler import WorkItem
from gpu_pool.settings import PoolSettings
from gpu_pool.supervisor import Supervisor
from gpu_pool.task import Task
from gpu_pool.worker_process import WorkerProcess
from gpu_pool.worker_record import WorkerRecord


class DeadProcess:
    """What is left of a worker that was killed."""

    pid = 1
    exitcode = -9

    def discard(self) -> None:
        pass


def supervisor(**settings: Any) -> Supervisor:
    def factory(device: str) -> Any:
        raise AssertionError(f"nothing is spawned on {device}")

    return Supervisor(["cpu"], factory, PoolSettings(**settings), queue.SimpleQueue())


def die(keeper: Supervisor, state: Any) -> WorkerRecord:
    record = keeper.records[0]
    record.process, record.state = cast("WorkerProcess", DeadProcess()), state
    keeper.reap(record, 100.0, closing=False)
    return record


def task(number: int, tokens: int, memory: int = 0) -> Task:
    segment = Segment("text", "en", "de", tokens, memory)
    return Task(WorkItem(number, tokens, memory), segment, None)


def test_the_wait_doubles_up_to_its_bound() -> None:
    keeper = supervisor(backoff_initial=0.5, backoff_max=3.0)
    waits = [die(keeper, "ready").retry_at - 100.0 for _ in range(5)]
    assert waits == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_the_wait_stays_bounded_after_thousands_of_deaths() -> None:
    keeper = supervisor(backoff_max=30.0)
    keeper.records[0].failures = 5000
    assert die(keeper, "ready").retry_at == 130.0


def test_only_failures_to_load_in_a_row_give_a_worker_up() -> None:
    keeper = supervisor(max_load_failures=2)
    states = [die(keeper, state).state for state in ("starting", "ready", "starting", "starting")]
    assert states == ["backoff", "backoff", "backoff", "failed"]


def test_finished_work_ends_a_row_of_failures() -> None:
    keeper = supervisor(backoff_initial=0.5)
    record = die(keeper, "ready")
    record.give(task(1, 10))
    record.finish(Done((Result(1, Translation("TEXT")),), 0.1))
    assert die(keeper, "ready").retry_at == 100.5


def test_speed_is_tokens_over_computing_time() -> None:
    record = WorkerRecord("cpu")
    record.give(task(1, 30))
    record.give(task(2, 30))
    record.finish(Done((Result(1, Translation("A")), Result(2, Translation("B"))), 2.0))
    assert record.speed == 30.0
    record.give(task(3, 80))
    record.finish(Done((Result(3, Translation("C")),), 1.0))
    assert record.speed == pytest.approx(40.0)
    assert (record.outstanding_tokens, record.finished_tokens, record.finished_segments) == (
        0,
        140,
        3,
    )


def test_a_result_that_comes_after_its_task_was_taken_back_is_not_counted() -> None:
    record = WorkerRecord("cpu")
    record.give(task(1, 30))
    record.take_back()
    assert record.finish(Done((Result(1, Translation("A")),), 1.0)) == [None]
    assert (record.outstanding_tokens, record.finished_segments) == (0, 0)


def test_memory_that_others_use_is_not_given_out() -> None:
    record = WorkerRecord("cuda:0", memory=MemoryBudget(1000), cached=50, uuids=("a",))
    record.give(task(1, 10, memory=200))
    load = record.load(0, {"a": GpuReading("GPU-a", memory_free=400)}, margin=100)
    assert (load.available, load.reserved) == (350, 200)
    assert load.admits(WorkItem(2, 1, memory=150))
    assert not load.admits(WorkItem(2, 1, memory=151))


def test_an_unknown_reading_leaves_the_budget() -> None:
    load = WorkerRecord("cuda:0", memory=MemoryBudget(1000), uuids=("a",)).load(
        0, {"a": GpuReading("GPU-a", error="lost")}, margin=100
    )
    assert load.admits(WorkItem(1, 1, memory=1000))
    assert not load.admits(WorkItem(1, 1, memory=1001))


def test_a_row_says_why_nvml_has_no_figures() -> None:
    def error(record: WorkerRecord, readings: dict[str, GpuReading]) -> str | None:
        return record.status(readings, "no NVML").gpus[0].monitor_error

    assert (
        error(WorkerRecord("cuda:0", uuids=("a",)), {"a": GpuReading("a", error="lost")}) == "lost"
    )
    assert error(WorkerRecord("cuda:0", uuids=("a",)), {}) == "no NVML"
    assert error(WorkerRecord("cpu"), {}) is None


def test_a_group_has_the_memory_of_its_fullest_device_and_a_row_for_each() -> None:
    record = WorkerRecord("cuda:0+cuda:1", memory=MemoryBudget(1000), uuids=("a", "b"))
    readings = {
        "a": GpuReading("GPU-a", memory_free=300, memory_total=800),
        "b": GpuReading("GPU-b", memory_free=700, memory_total=900),
    }
    assert record.load(0, readings, margin=0).available == 300
    rows = record.status(readings, "").rows()
    assert [row["device"] for row in rows] == ["cuda:0", "cuda:1"]
    assert [row["memory_total"] for row in rows] == [800, 900]
    del readings["a"]
    assert record.load(0, readings, margin=0).available == 700


def test_what_a_trial_used_counts_for_the_formula() -> None:
    record = WorkerRecord("cuda:0", memory=MemoryBudget(1000), memory_scale=2.0, uuids=("a",))
    load = record.load(0, {"a": GpuReading("GPU-a", memory_free=600)}, margin=0)
    assert (load.budget, load.available) == (500, 300)


def test_a_budget_shrinks_when_memory_ran_out_and_recovers_with_quiet_heartbeats() -> None:
    record = WorkerRecord("cuda:0", memory=MemoryBudget(1000))
    record.beat(Heartbeat(cached=0, splits=1), now=1.0)
    record.heard_at, shrunk = 1.0, record.memory.share
    assert shrunk < 1
    record.beat(Heartbeat(cached=0, splits=1), now=11.0)
    assert shrunk < record.memory.share < 1
