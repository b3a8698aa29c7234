"""The pool's status as Prometheus metrics, read at each scrape."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import get_args

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from gpu_pool.histogram import Distribution
from gpu_pool.status import GpuStatus, PoolState, PoolStatus, WorkerState, WorkerStatus

_WORKER_LABELS = ["device", "model"]
# name, help and value; None: unknown, no series
_WORKER_GAUGES: tuple[tuple[str, str, Callable[[WorkerStatus], float | None]], ...] = (
    (
        "m2m_worker_outstanding_segments",
        "Segments the worker holds",
        lambda w: w.outstanding_segments,
    ),
    ("m2m_worker_outstanding_tokens", "Their source tokens", lambda w: w.outstanding_tokens),
    (
        "m2m_worker_tokens_per_second",
        "Source tokens per second while computing, a moving average",
        lambda w: w.tokens_per_second,
    ),
    (
        "m2m_worker_memory_budget_bytes",
        "Device memory that segments may use at present",
        lambda w: w.memory_budget,
    ),
    (
        "m2m_worker_memory_reserved_bytes",
        "Device memory reserved for the segments it holds",
        lambda w: w.memory_reserved,
    ),
    (
        "m2m_worker_held_back",
        "1 if the worker gets no work although some is waiting",
        lambda w: int(w.held_back is not None),
    ),
)
_WORKER_COUNTERS: tuple[tuple[str, str, Callable[[WorkerStatus], float]], ...] = (
    ("m2m_worker_segments", "Segments finished", lambda w: w.finished_segments),
    ("m2m_worker_tokens", "Source tokens of those", lambda w: w.finished_tokens),
    ("m2m_worker_restarts", "Worker restarts on this device", lambda w: w.restarts),
    (
        "m2m_worker_oom_splits",
        "Batches halved because device memory ran out",
        lambda w: w.totals.oom_splits,
    ),
    (
        "m2m_worker_busy_seconds",
        "Time spent computing; its rate is the worker's occupancy",
        lambda w: w.totals.busy_seconds,
    ),
)
_WORKER_HISTOGRAMS: tuple[tuple[str, str, Callable[[WorkerStatus], Distribution]], ...] = (
    (
        "m2m_queue_wait_seconds",
        "Time a segment waited for a worker to take it",
        lambda w: w.totals.queue_wait,
    ),
    (
        "m2m_batch_segments",
        "Segments that a worker finished together",
        lambda w: w.totals.batch_segments,
    ),
    (
        "m2m_decode_seconds",
        "Computing time between finished batches",
        lambda w: w.totals.batch_seconds,
    ),
)
_GPU_GAUGES: tuple[tuple[str, str, Callable[[GpuStatus], float | None]], ...] = (
    ("m2m_gpu_memory_total_bytes", "Memory of the device", lambda g: g.memory_total),
    ("m2m_gpu_memory_used_bytes", "Memory in use by any process", lambda g: g.memory_used),
    ("m2m_gpu_memory_free_bytes", "Free memory", lambda g: g.memory_free),
    (
        "m2m_gpu_utilisation_ratio",
        "Share of time the device was busy, from NVML",
        lambda g: None if g.utilisation is None else g.utilisation / 100,
    ),
    ("m2m_gpu_temperature_celsius", "Temperature", lambda g: g.temperature),
    ("m2m_gpu_power_watts", "Power drawn", lambda g: g.power),
)


class PoolCollector(Collector):
    """Turns a snapshot of the pool into metrics."""

    def __init__(self, status: Callable[[], PoolStatus]) -> None:
        self._status = status

    def describe(self) -> Iterable[Metric]:
        """Return the metrics without samples, so that registering does not query the pool."""
        return _collect(PoolStatus("loading", (), ()))

    def collect(self) -> Iterable[Metric]:
        """Return the metrics as of now."""
        return _collect(self._status())


def _collect(status: PoolStatus) -> Iterator[Metric]:
    yield from _queue(status)
    yield _states("m2m_pool_state", "1 for the state that the pool is in", PoolState, [],
                  [([], status.state)])  # fmt: skip
    workers = status.workers
    yield _states("m2m_worker_state", "1 for the state that the worker is in", WorkerState,
                  _WORKER_LABELS, [(_labels(w), w.state) for w in workers])  # fmt: skip
    for name, text, figure in _WORKER_GAUGES:
        yield _gauge(name, text, _WORKER_LABELS, [(_labels(w), figure(w)) for w in workers])
    for name, text, count in _WORKER_COUNTERS:
        counter = CounterMetricFamily(name, text, labels=_WORKER_LABELS)
        for worker in workers:
            counter.add_metric(_labels(worker), count(worker))
        yield counter
    for name, text, values in _WORKER_HISTOGRAMS:
        yield _histogram(name, text, [(_labels(w), values(w)) for w in workers])
    yield _kernels(workers)
    # A device may have workers of several models.
    gpus = {gpu.device: gpu for worker in workers for gpu in worker.gpus}.values()
    for name, text, reading in _GPU_GAUGES:
        yield _gauge(name, text, ["device"], [([gpu.device], reading(gpu)) for gpu in gpus])
    info = InfoMetricFamily("m2m_gpu", "What the device is", labels=["device"])
    for gpu in gpus:
        info.add_metric([gpu.device], {"name": gpu.name or "", "uuid": gpu.uuid or ""})
    yield info


def _kernels(workers: Iterable[WorkerStatus]) -> Metric:
    """Return what may have a kernel: the worker of a card on which one fails uses plain torch."""
    rows = [
        ([*_labels(worker), operation], int(word.partition(" (")[0] != "torch"))
        for worker in workers
        for operation, word in (worker.engine.kernels if worker.engine else {}).items()
    ]
    text = "1 if a kernel of ours computes the operation, 0 if torch does; /gpus says why"
    return _gauge("m2m_worker_kernel", text, [*_WORKER_LABELS, "operation"], rows)


def _labels(worker: WorkerStatus) -> list[str]:
    return [worker.device, worker.model]


def _queue(status: PoolStatus) -> Iterator[Metric]:
    held = Counter[str]()
    held_tokens = Counter[str]()
    for worker in status.workers:
        held[worker.model] += worker.outstanding_segments
        held_tokens[worker.model] += worker.outstanding_tokens
    models = status.models
    for name, text, values in (
        ("m2m_queue_segments", "Segments accepted and unfinished",
         [each.queued_segments + held[each.name] for each in models]),
        ("m2m_queue_tokens", "Source tokens of those",
         [each.queued_tokens + held_tokens[each.name] for each in models]),
        ("m2m_waiting_segments", "Segments waiting for a worker",
         [each.queued_segments for each in models]),
        ("m2m_waiting_tokens", "Source tokens of those", [each.queued_tokens for each in models]),
    ):  # fmt: skip
        labelled = [([each.name], value) for each, value in zip(models, values, strict=True)]
        yield _gauge(name, text, ["model"], labelled)
    yield _states("m2m_model_state", "1 for the state that the model is in", PoolState, ["model"],
                  [([each.name], each.state) for each in models])  # fmt: skip


def _gauge(
    name: str, text: str, labels: list[str], values: Iterable[tuple[list[str], float | None]]
) -> Metric:
    gauge = GaugeMetricFamily(name, text, labels=labels)
    for members, value in values:
        if value is not None:
            gauge.add_metric(members, value)
    return gauge


def _states(
    name: str,
    text: str,
    states: object,
    labels: list[str],
    members: Iterable[tuple[list[str], str]],
) -> Metric:
    """Return a gauge that is 1 for the state of each member, and 0 for all others it may have."""
    gauge = GaugeMetricFamily(name, text, labels=[*labels, "state"])
    for values, current in members:
        for state in get_args(states):
            gauge.add_metric([*values, state], int(state == current))
    return gauge


def _histogram(name: str, text: str, values: Iterable[tuple[list[str], Distribution]]) -> Metric:
    histogram = HistogramMetricFamily(name, text, labels=_WORKER_LABELS)
    for labels, found in values:
        bounds = [*map(str, found.bounds), "+Inf"]
        cumulative = accumulate(found.counts)
        histogram.add_metric(
            labels, list(zip(bounds, cumulative, strict=True)), sum_value=found.total
        )
    return histogram
