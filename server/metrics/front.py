"""Metrics of the front. Labels are bounded and come from the settings, never from a text."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder

from gpu_pool.status import PoolStatus
from server.core.requests import WARNINGS, Answer, TextRequest
from server.metrics.pool import PoolCollector
from server.metrics.shared_values import SharedValues

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 600.0)


@dataclass(frozen=True, slots=True)
class _Work:
    """The counters of one client."""

    texts: Counter
    characters: Counter
    segments: Counter
    limited: Counter


class Metrics:
    """Counters of the front, and the registry that is scraped. Any thread may call it."""

    def __init__(self, shared: SharedValues | None = None) -> None:
        """With `shared` values, processes forked from now on count together."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # unused timestamps
        self._shared = shared
        self._clients: frozenset[str] = frozenset()
        self._pool: PoolCollector | None = None
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._build = Info("m2m_build", "What is served", registry=self.registry)
        # A registry of its own for what this process counts, if the scrape reads all processes'.
        self._counting = CollectorRegistry() if shared else self.registry
        if shared:
            shared.collect_into(self.registry)
        self._make_request_metrics()
        self._make_work_metrics()
        self._starts = Counter(
            "m2m_process_starts_total",
            "Starts of the server's processes",
            ["process"],
            registry=self._counting,
        )
        if shared is None:
            self._starts.labels("server").inc()

    def _make_request_metrics(self) -> None:
        self._requests = Counter(
            "m2m_http_requests_total",
            "Requests answered, on both ports",
            ["method", "route", "status"],
            registry=self._counting,
        )
        self._seconds = Histogram(
            "m2m_http_request_duration_seconds",
            "Time from request headers to response headers",
            ["route"],
            buckets=_SECONDS,
            registry=self._counting,
        )
        self._in_progress = Gauge(
            "m2m_http_requests_in_progress",
            "Requests in progress",
            registry=self._counting,
            multiprocess_mode="livesum",
        )
        # `labels` takes longer than counting does.
        self._answered: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def _make_work_metrics(self) -> None:
        self._texts = self._per_client("m2m_texts_total", "Texts translated")
        self._characters = self._per_client("m2m_characters_total", "Characters translated")
        self._segments = self._per_client("m2m_segments_total", "Segments translated")
        self._limited = self._per_client(
            "m2m_rate_limited_total", "Requests refused by a rate limit"
        )
        self._work: dict[str, _Work] = {}  # by label
        self._warnings = Counter(
            "m2m_warnings_total",
            "Doubtful translations, by reason",
            ["code"],
            registry=self._counting,
        )
        for code in WARNINGS:
            self._warnings.labels(code)
        self._hits = self._plain(
            "m2m_translation_cache_hits_total", "Segments whose translation was in the cache"
        )
        self._misses = self._plain(
            "m2m_translation_cache_misses_total", "Segments that were looked up in vain"
        )
        self._cache_bytes = Gauge(
            "m2m_translation_cache_bytes",
            "Memory of the cached translations",
            registry=self._counting,
            multiprocess_mode="livesum",
        )

    def enter_process(self, name: str) -> None:
        """Count as the process of this name, after a fork; see `SharedValues.enter`."""
        assert self._shared is not None, "processes that are forked share their metrics"
        self._shared.enter(name)
        self._starts.labels(name).inc()

    def describe(self, version: str, model: str) -> None:
        """Set the version and the model."""
        self._build.info({"version": version, "model": model})

    def watch(self, status: Callable[[], PoolStatus]) -> None:
        """Expose a pool's status, instead of that of another pool."""
        if self._pool is not None:
            self.registry.unregister(self._pool)
        self._pool = PoolCollector(status)
        self.registry.register(self._pool)

    def label_clients(self, names: Iterable[str]) -> None:
        """Use the names of the API keys as labels; without keys there is one label for all."""
        self._clients = frozenset(names)
        for name in self._clients or ("",):
            self._work_of(name)

    def begin_request(self) -> None:
        """Count a request as in progress."""
        self._in_progress.inc()

    def end_request(self) -> None:
        """Count a request as finished."""
        self._in_progress.dec()

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a response; `method` and `route` must be from a fixed set."""
        key = method, route, status
        found = self._answered.get(key)
        if found is None:
            found = self._requests.labels(method, route, str(status)), self._seconds.labels(route)
            self._answered[key] = found
        count, histogram = found
        count.inc()
        histogram.observe(seconds)

    def count_segments(self, segments: int, client: str) -> None:
        """Count segments translated for a client."""
        self._work_of(client).segments.inc(segments)

    def count_texts(
        self, requests: Sequence[TextRequest], answers: Sequence[Answer], client: str
    ) -> None:
        """Count texts translated for a client."""
        work = self._work_of(client)
        work.texts.inc(len(requests))
        work.characters.inc(sum(len(request.text) for request in requests))
        for answer in answers:
            for code in answer.warnings:
                self._warnings.labels(code).inc()

    def count_cache(self, hits: int, misses: int) -> None:
        """Count segments that were looked up in the translation cache."""
        if hits:
            self._hits.inc(hits)
        if misses:
            self._misses.inc(misses)

    def set_cache_bytes(self, used: int) -> None:
        """Set the memory of the translation cache of this process."""
        self._cache_bytes.set(used)

    def characters_by_client(self) -> dict[str, int]:
        """Return the characters translated so far, by label; on an open server, "" is the only one.

        Of all processes that count together.
        """
        name = "m2m_characters_total"
        found = self._shared.collected() if self._shared else self._characters.collect()
        samples = [sample for metric in found for sample in metric.samples]
        return {each.labels["client"]: int(each.value) for each in samples if each.name == name}

    def count_rate_limited(self, client: str) -> None:
        """Count a request that a rate limit refused."""
        self._work_of(client).limited.inc()

    def expose(self, accept: str) -> tuple[bytes, str]:
        """Return all metrics and their media type, in the best format that `accept` allows."""
        encode, media_type = choose_encoder(accept)
        return encode(self.registry), media_type

    def _plain(self, name: str, description: str) -> Counter:
        return Counter(name, description, registry=self._counting)

    def _per_client(self, name: str, description: str) -> Counter:
        return Counter(name, f"{description}, by API key", ["client"], registry=self._counting)

    def _work_of(self, client: str) -> _Work:
        label = self._label(client)
        work = self._work.get(label)
        if work is None:
            counters = self._texts, self._characters, self._segments, self._limited
            work = self._work[label] = _Work(*(counter.labels(label) for counter in counters))
        return work

    def _label(self, client: str) -> str:
        """Return a client's label; addresses have none, since their number is unbounded."""
        return client if client in self._clients else ""
