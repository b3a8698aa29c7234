"""Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

import json
from collections.abc import Iterator
from contextlib import ExitStack

from flask import Response, request

MEDIA_TYPE = "text/event-stream"
KEEP_ALIVE = b":\n\n"  # a comment: proxies close what is silent for long


def wanted() -> bool:
    """Tell whether the request in hand asks for events rather than for JSON."""
    accepted = request.accept_mimetypes
    return MEDIA_TYPE in accepted.values() and (
        accepted[MEDIA_TYPE] >= accepted["application/json"]
    )


def event(name: str, data: object, id: str | None = None) -> bytes:  # noqa: A002 - its name there
    """Return an event whose data is one line of JSON; a client resumes after `id`."""
    head = "" if id is None else f"id: {id}\n"
    return f"{head}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def respond(events: Iterator[bytes], held: ExitStack) -> Response:
    """Return the answer that sends events as they come.

    What `held` holds is let go of at its end, also if the client goes away; not by the caller.
    """
    response = Response(events, mimetype=MEDIA_TYPE)
    response.headers["X-Accel-Buffering"] = "no"  # or nginx would send them all at the end
    response.call_on_close(held.pop_all().close)
    return response
