"""The totals of a worker: they count across restarts and never decrease."""

import pytest

from gpu_pool.histogram import Histogram
from gpu_pool.messages import Heartbeat
from gpu_pool.status import WorkerStatus
from gpu_pool.worker_record import WorkerRecord
from tests.unit.gpu_pool.tasks import done, task


def status(record: WorkerRecord) -> WorkerStatus:
    return record.status({}, "")


def assign(record: WorkerRecord, number: int, waited: float = 0.0) -> None:
    waiting = task(number, 7)
    waiting.accepted_at -= waited
    record.assign_tasks([waiting])


def test_a_value_equal_to_a_bound_is_in_its_bucket() -> None:
    histogram = Histogram((1.0, 10.0))
    for value in (0.0, 1.0, 1.5, 10.0, 10.1, 1e9):
        histogram.add(value)
    assert histogram.snapshot().counts == (2, 2, 2)
    assert histogram.snapshot().total == pytest.approx(1e9 + 22.6)
    before = histogram.snapshot()
    histogram.add(1.0)
    assert before.counts == (2, 2, 2)


def test_the_wait_ends_when_the_segment_is_assigned() -> None:
    record = WorkerRecord("cuda:0", "m", "cuda:0")
    assign(record, 1, waited=1000.0)
    assign(record, 2)
    waits = status(record).totals.queue_wait
    assert waits.total == pytest.approx(1000, abs=60)
    assert (sum(waits.counts), waits.counts[-1]) == (2, 1)


def test_segments_finished_together_are_a_batch() -> None:
    record = WorkerRecord("cuda:0", "m", "cuda:0")
    for number in range(3):
        assign(record, number)
    record.record_results(done(0, 1))
    record.record_results(done(2, seconds=0.25))
    totals = status(record).totals
    assert totals.busy_seconds == 0.75
    assert (totals.batch_segments.total, sum(totals.batch_segments.counts)) == (3, 2)
    assert (totals.batch_seconds.total, sum(totals.batch_seconds.counts)) == (0.75, 2)


def test_splits_of_all_processes_on_the_device_count() -> None:
    record = WorkerRecord("cuda:0", "m", "cuda:0")
    for splits in (0, 2, 2, 3):
        record.on_heartbeat(Heartbeat(0, splits), now=0.0)
    record.splits = 0  # a new process
    record.on_heartbeat(Heartbeat(0, 1), now=0.0)
    assert (status(record).oom_splits, status(record).totals.oom_splits) == (1, 4)


def test_rows_do_not_contain_the_totals() -> None:
    assert all("totals" not in row for row in status(WorkerRecord("cuda:0", "m", "cuda:0")).rows())
