"""Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

import json
from collections.abc import Iterator
from contextlib import ExitStack

from flask import Response, request

from server.core.media_types import EVENT_STREAM, JSON

KEEP_ALIVE = b":\n\n"  # a comment: proxies close silent connections


def wanted() -> bool:
    """Return True if the current request prefers events over JSON."""
    if EVENT_STREAM not in request.environ.get("HTTP_ACCEPT", ""):
        return False
    accepted = request.accept_mimetypes
    return EVENT_STREAM in accepted.values() and (accepted[EVENT_STREAM] >= accepted[JSON])


def event(name: str, data: object, id: str | None = None) -> bytes:  # noqa: A002 - the field's name
    """Return an event whose data is one line of JSON; a client resumes after `id`."""
    head = "" if id is None else f"id: {id}\n"
    return f"{head}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def respond(events: Iterator[bytes], held: ExitStack) -> Response:
    """Return the response that sends events as they are produced.

    It takes over what `held` holds, and releases it at its end, also if the client disconnects.
    """
    response = Response(events, mimetype=EVENT_STREAM)
    response.headers["X-Accel-Buffering"] = "no"  # or nginx would buffer them
    response.call_on_close(held.pop_all().close)
    return response
