"""Log formats: text or JSON, one line per record. Neither contains user text."""

import json
import logging
import time
from typing import Any

from server.http.request_log import RequestRecord, current_record

_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class TextFormatter(logging.Formatter):
    """For people; lines about a request end with its id."""

    def __init__(self) -> None:
        super().__init__(_TEXT)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Return the line."""
        line = super().formatMessage(record)
        request = _request_of(record)
        return f"{line} [{request.id}]" if request else line


class JsonFormatter(logging.Formatter):
    """For machines: one JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{seconds}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
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
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler])
    # waitress logs request paths when clients disconnect.
    logging.getLogger("waitress").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


def _request_of(record: logging.LogRecord) -> RequestRecord | None:
    """Return the request that a record belongs to; the last line of a stream carries it along."""
    named: RequestRecord | None = getattr(record, "request_record", None)
    return named or current_record()
