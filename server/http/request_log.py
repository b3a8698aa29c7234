"""A record of each HTTP request: its id, its client, its size; one log line when it ends."""

import logging
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import Flask, Request, Response, g, has_request_context
from flask.globals import request_ctx

from server.core.requests import Usage
from server.metrics.front import Metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_log = logging.getLogger(__name__)
_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
# https://www.w3.org/TR/trace-context/: version, trace id, parent id, flags
_TRACE = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}.*"
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Machines ask these every few seconds; only errors are worth a line.
_PROBES = frozenset(
    {
        "/health_check",
        "/health_check/live",
        "/health",
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models/<path:model>/ready",
        "/gpus",
        "/metrics",
    }
)
_FIRST_ERROR = 400


@dataclass(slots=True)
class RequestRecord:
    """One request. Nothing in it comes from a text."""

    id: str
    trace: str | None  # the trace that it is part of
    method: str
    route: str  # the pattern of the path; "none" for an unknown path, which may hold anything
    client: str = ""  # name of its API key; "": none was needed
    usage: Usage = field(default_factory=Usage)
    begun: float = field(default_factory=time.perf_counter)


def current_record() -> RequestRecord | None:
    """Return the record of the request that this thread is answering; None outside of one."""
    if not has_request_context():
        return None
    record: RequestRecord | None = g.get("record")
    return record


def watch_requests(app: Flask, metrics: Metrics) -> None:
    """Give every request of `app` a record and an id, count it, and log a line for it.

    The line of a streamed answer is logged when its last byte has been sent.
    """

    def begin() -> None:
        current = request_ctx.request
        environ = current.environ
        g.record = RequestRecord(
            _request_id(environ), _trace_id(environ), _method(environ), _route(current)
        )
        metrics.begin_request()

    def answer(response: Response) -> Response:
        record: RequestRecord = g.record
        status = response.status_code
        response.headers["X-Request-Id"] = record.id
        seconds = time.perf_counter() - record.begun
        metrics.count_request(record.method, record.route, status, seconds)
        if response.is_streamed:
            response.call_on_close(lambda: _log_access(record, status))
        else:
            _log_access(record, status)
        return response

    def end(_: BaseException | None) -> None:
        metrics.end_request()

    app.before_request(begin)
    app.after_request(answer)
    app.teardown_request(end)


def _log_access(record: RequestRecord, status: int) -> None:
    usual = record.route in _PROBES and status < _FIRST_ERROR
    level = logging.DEBUG if usual else logging.INFO
    if not _log.isEnabledFor(level):
        return
    fields = {
        "method": record.method,
        "route": record.route,
        "status": status,
        "milliseconds": round((time.perf_counter() - record.begun) * 1000, 1),
        "client": record.client,
        "characters": record.usage.characters,
        "segments": record.usage.segments,
    }
    message = (
        f"{record.method} {record.route} {status} {fields['milliseconds']} ms, "
        f"client {record.client!r}, {record.usage.characters} characters, "
        f"{record.usage.segments} segments"
    )
    # Not `_log.log`, which looks for the line that calls it.
    line = logging.LogRecord(_log.name, level, __file__, 0, message, None, None)
    line.fields = fields
    line.request_record = record
    _log.handle(line)


def _method(environ: "WSGIEnvironment") -> str:
    method: str = environ["REQUEST_METHOD"]
    return method if method in _METHODS else "other"


def _route(current: Request) -> str:
    rule = current.url_rule
    return rule.rule if rule else "none"


def _request_id(environ: "WSGIEnvironment") -> str:
    given = environ.get("HTTP_X_REQUEST_ID")
    return given if given and _ID.fullmatch(given) else secrets.token_hex(16)


def _trace_id(environ: "WSGIEnvironment") -> str | None:
    given = environ.get("HTTP_TRACEPARENT")
    match = _TRACE.fullmatch(given) if given else None
    return match[1] if match else None
