"""What is known of the request in hand: its id, its client, its size; a log line at its end."""

import logging
import re
import time
import uuid
from dataclasses import dataclass, field

from flask import Flask, Response, g, has_request_context, request

from server.metrics.front import Metrics

_log = logging.getLogger(__name__)
_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
# https://www.w3.org/TR/trace-context/: version, trace id, parent id, flags
_TRACE = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}.*"
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Asked every few seconds by machines; only what is out of the ordinary is worth a line.
_PROBES = frozenset({"/health_check", "/health_check/live", "/health", "/gpus", "/metrics"})
_FIRST_ERROR = 400


@dataclass(slots=True)
class RequestRecord:
    """Of one request; nothing in it comes from a text."""

    id: str
    trace: str | None = None  # the trace that it is part of
    begun: float = field(default_factory=time.perf_counter)
    client: str = ""  # name of its API key; "": none was needed
    characters: int = 0
    segments: int = 0


def current_record() -> RequestRecord | None:
    """Return the record of the request that this thread answers; None outside of one."""
    if not has_request_context():
        return None
    record: RequestRecord | None = g.get("record")
    return record


def note_segments(segments: int) -> None:
    """Count segments in for the log line of the request in hand, if there is one."""
    record = current_record()
    if record:
        record.segments += segments


def watch_requests(app: Flask, metrics: Metrics) -> None:
    """Give every request of `app` a record and an id, count it, and log a line for it."""

    def begin() -> None:
        g.record = RequestRecord(_request_id(), _trace_id())
        metrics.begin_request()

    def answer(response: Response) -> Response:
        record: RequestRecord = g.record
        response.headers["X-Request-Id"] = record.id
        seconds = time.perf_counter() - record.begun
        metrics.count_request(_method(), _route(), response.status_code, seconds)
        _log_access(record, response.status_code, seconds)
        return response

    def end(_: BaseException | None) -> None:
        metrics.end_request()

    app.before_request(begin)
    app.after_request(answer)
    app.teardown_request(end)


def _log_access(record: RequestRecord, status: int, seconds: float) -> None:
    fields = {
        "method": _method(),
        "route": _route(),
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
        "client": record.client,
        "characters": record.characters,
        "segments": record.segments,
    }
    usual = _route() in _PROBES and status < _FIRST_ERROR
    _log.log(
        logging.DEBUG if usual else logging.INFO,
        "%(method)s %(route)s %(status)d %(milliseconds).1f ms, client %(client)r, "
        "%(characters)d characters, %(segments)d segments",
        fields,
        extra={"fields": fields},
    )


def _method() -> str:
    return request.method if request.method in _METHODS else "other"


def _route() -> str:
    """Return the pattern of the path; of an unknown path nothing, since it may hold anything."""
    return request.url_rule.rule if request.url_rule else "none"


def _request_id() -> str:
    given = request.headers.get("X-Request-Id", "")
    return given if _ID.fullmatch(given) else uuid.uuid4().hex


def _trace_id() -> str | None:
    match = _TRACE.fullmatch(request.headers.get("traceparent", ""))
    return match[1] if match else None
