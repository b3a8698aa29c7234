"""Backoff and figures of a worker, without processes."""

from typing import Any, cast

import pytest

from gpu_pool.event_queue import EventQueue
from gpu_pool.memory import MemoryBudget
from gpu_pool.messages import Heartbeat
from gpu_pool.model_spec import ModelSpec
from gpu_pool.monitor import GpuReading
from gpu_pool.settings import PoolSettings
from gpu_pool.supervisor import Supervisor
from gpu_pool.work_item import WorkItem
from gpu_pool.worker_process import WorkerProcess
from gpu_pool.worker_record import WorkerRecord
from tests.unit.gpu_pool.tasks import done, task


class DeadProcess:
    """A worker process that was killed."""

    pid = 1
    exitcode = -9

    def discard(self) -> None:
        pass


def make_supervisor(**settings: Any) -> Supervisor:
    def factory(device: str) -> Any:
        raise AssertionError(f"nothing is spawned on {device}")

    return Supervisor([ModelSpec("m", ["cpu"], factory)], PoolSettings(**settings), EventQueue())


def die(supervisor: Supervisor, state: Any) -> WorkerRecord:
    record = supervisor.records[0]
    record.process, record.state = cast("WorkerProcess", DeadProcess()), state
    supervisor.reap(record, 100.0, closing=False)
    return record


def test_the_backoff_doubles_up_to_its_bound() -> None:
    supervisor = make_supervisor(backoff_initial=0.5, backoff_max=3.0)
    waits = [die(supervisor, "ready").retry_at - 100.0 for _ in range(5)]
    assert waits == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_the_backoff_stays_bounded_after_thousands_of_deaths() -> None:
    supervisor = make_supervisor(backoff_max=30.0)
    supervisor.records[0].failures = 5000
    assert die(supervisor, "ready").retry_at == 130.0


def test_a_worker_fails_only_after_consecutive_load_failures() -> None:
    supervisor = make_supervisor(max_load_failures=2)
    states = [
        die(supervisor, state).state for state in ("starting", "ready", "starting", "starting")
    ]
    assert states == ["backoff", "backoff", "backoff", "failed"]


def test_finished_work_resets_the_failures() -> None:
    supervisor = make_supervisor(backoff_initial=0.5)
    record = die(supervisor, "ready")
    record.assign_tasks([task(1, 10)])
    record.record_results(done(1, seconds=0.1))
    assert die(supervisor, "ready").retry_at == 100.5


def test_speed_is_tokens_per_computing_time() -> None:
    record = WorkerRecord("cpu", "m", "cpu")
    record.assign_tasks([task(1, 30)])
    record.assign_tasks([task(2, 30)])
    record.record_results(done(1, 2, seconds=2.0))
    assert record.speed == 30.0
    record.assign_tasks([task(3, 80)])
    record.record_results(done(3, seconds=1.0))
    assert record.speed == pytest.approx(40.0)
    assert (record.outstanding_tokens, record.finished_tokens, record.finished_segments) == (
        0,
        140,
        3,
    )


def test_a_result_of_a_returned_task_is_not_counted() -> None:
    record = WorkerRecord("cpu", "m", "cpu")
    record.assign_tasks([task(1, 30)])
    record.return_tasks()
    assert record.record_results(done(1, seconds=1.0)) == [None]
    assert (record.outstanding_tokens, record.finished_segments) == (0, 0)


def test_memory_used_by_other_processes_is_not_available() -> None:
    record = WorkerRecord(
        "cuda:0", "m", "cuda:0", memory=MemoryBudget(1000), cached=50, uuids=("a",)
    )
    record.assign_tasks([task(1, 10, memory=200)])
    load = record.load(0, {"a": GpuReading("GPU-a", memory_free=400)}, margin=100)
    assert (load.available, load.reserved) == (350, 200)
    assert load.has_memory_now(WorkItem(2, 1, memory=150))
    assert not load.has_memory_now(WorkItem(2, 1, memory=151))


def test_without_a_reading_only_the_budget_limits() -> None:
    load = WorkerRecord("cuda:0", "m", "cuda:0", memory=MemoryBudget(1000), uuids=("a",)).load(
        0, {"a": GpuReading("GPU-a", error="lost")}, margin=100
    )
    assert load.has_memory_now(WorkItem(1, 1, memory=1000))
    assert not load.has_memory_now(WorkItem(1, 1, memory=1001))


def test_a_row_shows_why_figures_are_missing() -> None:
    def error(record: WorkerRecord, readings: dict[str, GpuReading]) -> str | None:
        return record.status(readings, "no NVML").gpus[0].monitor_error

    assert (
        error(
            WorkerRecord("cuda:0", "m", "cuda:0", uuids=("a",)),
            {"a": GpuReading("a", error="lost")},
        )
        == "lost"
    )
    assert error(WorkerRecord("cuda:0", "m", "cuda:0", uuids=("a",)), {}) == "no NVML"
    assert error(WorkerRecord("cpu", "m", "cpu"), {}) is None


def test_a_group_has_the_free_memory_of_its_fullest_device_and_a_row_for_each() -> None:
    record = WorkerRecord(
        "cuda:0+cuda:1", "m", "cuda:0+cuda:1", memory=MemoryBudget(1000), uuids=("a", "b")
    )
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


def test_the_memory_scale_of_the_trial_is_applied() -> None:
    record = WorkerRecord(
        "cuda:0", "m", "cuda:0", memory=MemoryBudget(1000), memory_scale=2.0, uuids=("a",)
    )
    load = record.load(0, {"a": GpuReading("GPU-a", memory_free=600)}, margin=0)
    assert (load.budget, load.available) == (500, 300)


def test_the_budget_shrinks_after_a_split_and_recovers_with_later_heartbeats() -> None:
    record = WorkerRecord("cuda:0", "m", "cuda:0", memory=MemoryBudget(1000))
    record.on_heartbeat(Heartbeat(cached=0, splits=1), now=1.0)
    record.last_message_at, shrunk = 1.0, record.memory.share
    assert shrunk < 1
    record.on_heartbeat(Heartbeat(cached=0, splits=1), now=11.0)
    assert shrunk < record.memory.share < 1
