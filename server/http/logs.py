"""Log formats: text or JSON, one line per record. Neither contains user text.

Several processes write to the same stderr. A record is passed to the kernel in one write, which a
pipe does not mix with others up to 4096 bytes (PIPE_BUF); so what may be long is cut.
"""

import json
import logging
import os
import time
from types import TracebackType
from typing import Any

from server.http.request_log import RequestRecord, current_record

_MESSAGE_CHARACTERS = 1_500
_EXCEPTION_CHARACTERS = 2_000  # the last ones: the place, and the error


_ExceptionInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class _BoundedFormatter(logging.Formatter):
    """Cuts what may be long."""

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802 - logging's name
        """Return the traceback, or its end."""
        text = super().formatException(ei)
        return text if len(text) <= _EXCEPTION_CHARACTERS else f"…{text[-_EXCEPTION_CHARACTERS:]}"


class TextFormatter(_BoundedFormatter):
    """For people; lines about a request end with its id."""

    def __init__(self) -> None:
        super().__init__()
        self._second = (0, "")  # the last one, and how it is written; replaced as a whole

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = f"{self._written(int(record.created))},{int(record.msecs):03d}"
        line = f"{at} {record.levelname} {record.name}: {_message_of(record)}"
        request = _request_of(record)
        if request:
            line = f"{line} [{request.id}]"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line

    def _written(self, created: int) -> str:
        """Return a second as text; most records are in the same one as the last."""
        second, written = self._second
        if second != created:
            written = time.strftime(self.default_time_format, time.localtime(created))
            self._second = created, written
        return written


class JsonFormatter(_BoundedFormatter):
    """For machines: one JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{seconds}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message_of(record),
            "pid": os.getpid(),
        }
        request = _request_of(record)
        if request:
            line["request_id"] = request.id
            if request.trace:
                line["trace_id"] = request.trace
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure_logging(level: str, form: str) -> None:
    """Log to stderr from `level` upwards; `form` is "text" or "json"."""
    # https://docs.python.org/3/howto/logging.html#optimization: no format shows these.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler])
    # waitress logs request paths when clients disconnect.
    logging.getLogger("waitress").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


def _message_of(record: logging.LogRecord) -> str:
    text = record.getMessage()
    return text if len(text) <= _MESSAGE_CHARACTERS else f"{text[:_MESSAGE_CHARACTERS]}…"


def _request_of(record: logging.LogRecord) -> RequestRecord | None:
    """Return the request that a record belongs to; the last line of a stream carries it along."""
    named: RequestRecord | None = getattr(record, "request_record", None)
    return named or current_record()
