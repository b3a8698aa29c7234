"""What monitoring reads of a worker's place: it counts through restarts and never goes down."""

import time

import pytest

from gpu_pool.histogram import Histogram
from gpu_pool.messages import Done, Heartbeat, Result, Segment, Translation
from gpu_pool.scheduler import WorkItem
from gpu_pool.status import WorkerStatus
from gpu_pool.task import Task
from gpu_pool.worker_record import WorkerRecord


def status(record: WorkerRecord) -> WorkerStatus:
    return record.status({}, "")


def give(record: WorkerRecord, number: int, waited: float = 0.0) -> None:
    segment = Segment("x", "en", "de", tokens=7)
    accepted = time.monotonic() - waited
    record.give(Task(WorkItem(number, 7), segment, None, accepted_at=accepted))


def done(*numbers: int, seconds: float = 0.5) -> Done:
    return Done(tuple(Result(number, Translation("X")) for number in numbers), seconds)


def test_a_value_counts_up_to_its_bound() -> None:
    histogram = Histogram((1.0, 10.0))
    for value in (0.0, 1.0, 1.5, 10.0, 10.1, 1e9):
        histogram.add(value)
    assert histogram.snapshot().counts == (2, 2, 2)
    assert histogram.snapshot().total == pytest.approx(1e9 + 22.6)
    before = histogram.snapshot()
    histogram.add(1.0)
    assert before.counts == (2, 2, 2)


def test_the_wait_ends_where_a_worker_is_given_the_segment() -> None:
    record = WorkerRecord("cuda:0")
    give(record, 1, waited=1000.0)
    give(record, 2)
    waits = status(record).totals.queue_wait
    assert waits.total == pytest.approx(1000, abs=60)
    assert (sum(waits.counts), waits.counts[-1]) == (2, 1)


def test_a_batch_is_what_finished_together() -> None:
    record = WorkerRecord("cuda:0")
    for number in range(3):
        give(record, number)
    record.finish(done(0, 1))
    record.finish(done(2, seconds=0.25))
    totals = status(record).totals
    assert totals.busy_seconds == 0.75
    assert (totals.batch_segments.total, sum(totals.batch_segments.counts)) == (3, 2)
    assert (totals.batch_seconds.total, sum(totals.batch_seconds.counts)) == (0.75, 2)


def test_what_a_worker_refuses_at_once_is_no_batch() -> None:
    record = WorkerRecord("cuda:0")
    give(record, 0)
    record.finish(Done((Result(0, error="no such language"),), 0.0))
    assert sum(status(record).totals.batch_segments.counts) == 0


def test_halved_batches_of_all_workers_on_the_device_count() -> None:
    record = WorkerRecord("cuda:0")
    for splits in (0, 2, 2, 3):
        record.beat(Heartbeat(0, splits), now=0.0)
    record.splits = 0  # a new worker
    record.beat(Heartbeat(0, 1), now=0.0)
    assert (status(record).oom_splits, status(record).totals.oom_splits) == (1, 4)


def test_the_table_of_the_devices_has_no_totals() -> None:
    assert all("totals" not in row for row in status(WorkerRecord("cuda:0")).rows())
