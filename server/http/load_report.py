"""What gateways hear of this server's load: a header of the responses to requests that ask for it.

The format is ORCA's, as Envoy reads it (`source/common/orca/orca_parser.cc`) and vLLM writes it:
https://github.com/cncf/xds/blob/main/xds/data/orca/v3/orca_load_report.proto. A utilisation may
exceed 1 there.
"""

import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from flask import Flask, Response, request

from gpu_pool.errors import PoolError
from gpu_pool.interface import Pool
from gpu_pool.status import ModelStatus, PoolStatus
from server.core.settings import Settings

ASKED = "endpoint-load-metrics-format"
REPORTED = "endpoint-load-metrics"
_FRESH_SECONDS = 0.2  # for which all responses have the same figures
_PATIENCE_SECONDS = 0.1  # of a response for the pool of another process


@dataclass(frozen=True, slots=True)
class Load:
    """Work that is accepted and unfinished."""

    utilization: float  # tokens as a share of the queue's limit; of the model where it is largest
    tokens: int
    segments: int

    @classmethod
    def of(cls, status: PoolStatus, limit: int) -> "Load":
        """Return the load of a pool; `limit` is in tokens, for each model."""
        tokens = [_tokens(model, status) for model in status.models]
        outstanding = sum(worker.outstanding_segments for worker in status.workers)
        return cls(max(tokens) / limit, sum(tokens), status.queued_segments + outstanding)

    def show(self, format_: str) -> str | None:
        """Return the header's value; None for a format that is not "text" or "json"."""
        share = round(self.utilization, 4)
        named = {"queue_tokens": self.tokens, "queue_segments": self.segments}
        if format_ == "text":
            metrics = [f"named_metrics.{name}={value}" for name, value in named.items()]
            return f"TEXT {', '.join([f'application_utilization={share}', *metrics])}"
        if format_ == "json":
            return f"JSON {json.dumps({'application_utilization': share, 'named_metrics': named})}"
        return None


class LoadReports:
    """Asks the pool now and then, in a thread: it may be in another process, and away."""

    def __init__(self, pool: Pool, limit: int) -> None:
        """`limit` is that of accepted tokens, for each model."""
        self._pool = pool
        self._limit = limit
        self._changed = threading.Condition()
        self._load: Load | None = None
        self._answered_at = float("-inf")
        self._asking = False
        self._away = False  # it has not answered in time; nobody waits for it any more

    def latest(self) -> Load | None:
        """Return the load now; None while the pool is away."""
        with self._changed:
            now = time.monotonic()
            if self._answered_at >= now - _FRESH_SECONDS:
                return self._load
            if not self._asking:
                self._asking = True
                threading.Thread(target=self._ask, name="load", daemon=True).start()
            if not self._away:
                self._away = not self._changed.wait_for(
                    lambda: self._answered_at >= now, _PATIENCE_SECONDS
                )
            return None if self._away else self._load

    def _ask(self) -> None:
        load = None
        with suppress(PoolError):  # it is away
            load = Load.of(self._pool.status(), self._limit)
        with self._changed:
            self._asking, self._away, self._load = False, load is None, load
            self._answered_at = time.monotonic()
            self._changed.notify_all()


def report_load(app: Flask, pool: Pool, settings: Settings) -> None:
    """Add the load to the responses of `app` whose requests ask for it."""
    reports = LoadReports(pool, settings.max_queued_tokens)

    def add(response: Response) -> Response:
        asked = request.environ.get("HTTP_ENDPOINT_LOAD_METRICS_FORMAT")
        load = reports.latest() if asked else None
        shown = load.show(asked.strip().lower()) if asked and load else None
        if shown:
            response.headers[REPORTED] = shown
        return response

    app.after_request(add)


def _tokens(model: ModelStatus, status: PoolStatus) -> int:
    workers = [worker for worker in status.workers if worker.model == model.name]
    return model.queued_tokens + sum(worker.outstanding_tokens for worker in workers)
