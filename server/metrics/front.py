"""Metrics of the front. Labels are bounded and come from the settings, never from a text."""

from collections.abc import Iterable, Sequence

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

from server.core.requests import WARNINGS, Answer, TextRequest

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 600.0)


class Metrics:
    """Counters of the front, and the registry that is scraped. Any thread may call it."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # unused timestamps
        self._clients: frozenset[str] = frozenset()
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._build = Info("m2m_build", "What is served", registry=self.registry)
        self._requests = Counter(
            "m2m_http_requests_total",
            "Requests answered, on both ports",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "m2m_http_request_duration_seconds",
            "Time from request headers to response headers",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._in_progress = Gauge(
            "m2m_http_requests_in_progress", "Requests in progress", registry=self.registry
        )
        self._texts = self._per_client("m2m_texts_total", "Texts translated")
        self._characters = self._per_client("m2m_characters_total", "Characters translated")
        self._segments = self._per_client("m2m_segments_total", "Segments translated")
        self._limited = self._per_client(
            "m2m_rate_limited_total", "Requests refused by a rate limit"
        )
        self._warnings = Counter(
            "m2m_warnings_total",
            "Doubtful translations, by reason",
            ["code"],
            registry=self.registry,
        )
        for code in WARNINGS:
            self._warnings.labels(code)

    def describe(self, version: str, model: str) -> None:
        """Set the version and the model."""
        self._build.info({"version": version, "model": model})

    def label_clients(self, names: Iterable[str]) -> None:
        """Use the names of the API keys as labels; without keys there is one label for all."""
        self._clients = frozenset(names)
        for counter in (self._texts, self._characters, self._segments, self._limited):
            for name in self._clients or ("",):
                counter.labels(name)

    def begin_request(self) -> None:
        """Count a request as in progress."""
        self._in_progress.inc()

    def end_request(self) -> None:
        """Count a request as finished."""
        self._in_progress.dec()

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a response; `method` and `route` must be from a fixed set."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_segments(self, segments: int, client: str) -> None:
        """Count segments translated for a client."""
        self._segments.labels(self._label(client)).inc(segments)

    def count_texts(
        self, requests: Sequence[TextRequest], answers: Sequence[Answer], client: str
    ) -> None:
        """Count texts translated for a client."""
        label = self._label(client)
        self._texts.labels(label).inc(len(requests))
        self._characters.labels(label).inc(sum(len(request.text) for request in requests))
        for answer in answers:
            for code in answer.warnings:
                self._warnings.labels(code).inc()

    def characters_of(self, client: str) -> int:
        """Return the characters translated for a client so far; on an open server, for all."""
        label = {"client": self._label(client)}
        return int(self.registry.get_sample_value("m2m_characters_total", label) or 0)

    def count_rate_limited(self, client: str) -> None:
        """Count a request that a rate limit refused."""
        self._limited.labels(self._label(client)).inc()

    def expose(self, accept: str) -> tuple[bytes, str]:
        """Return all metrics and their media type, in the best format that `accept` allows."""
        encode, media_type = choose_encoder(accept)
        return encode(self.registry), media_type

    def _per_client(self, name: str, description: str) -> Counter:
        return Counter(name, f"{description}, by API key", ["client"], registry=self.registry)

    def _label(self, client: str) -> str:
        """Return a client's label; addresses have none, since their number is unbounded."""
        return client if client in self._clients else ""
