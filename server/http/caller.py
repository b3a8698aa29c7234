"""Who sent the request that this thread is answering, and the context that its work runs in."""

import time

from flask import g, request

from server.auth.access import Access, Client
from server.core.requests import RequestContext
from server.core.settings import Settings
from server.http.request_log import RequestRecord


def header_key(scheme: str = "bearer") -> str | None:
    """Return the key in `Authorization: SCHEME KEY`; None where there is none."""
    if "HTTP_AUTHORIZATION" not in request.environ:
        return None
    given = request.authorization
    return given.token if given and given.type == scheme else None


def identify(access: Access, key: str | None) -> Client:
    """Return the client that the key belongs to, and note its name for the log.

    Raises MissingKeyError and WrongKeyError.
    """
    client = access.identify(key)
    _record().client = client.name
    return client


def charge(access: Access, client: Client, characters: int, waiting: int = 0) -> None:
    """Count the request against the client's quota and rates, and its size for the log.

    Raises as `Access.charge` does.
    """
    _record().usage.add(characters=characters)
    access.charge(client, characters, waiting)


def request_context(
    settings: Settings, timeout: float | None = None, *, bulk: bool = False
) -> RequestContext:
    """Return the context of the request; `timeout` is in seconds, None: the server's default.

    Its client is the API key's name, otherwise the address. `Cache-Control: no-store` keeps its
    translations out of the cache, and does not take them from there.
    """
    record, environ = _record(), request.environ
    return RequestContext(
        deadline=time.monotonic() + (settings.timeout if timeout is None else timeout),
        client=record.client or environ.get("REMOTE_ADDR") or "",
        bulk=bulk,
        cached="no-store" not in environ.get("HTTP_CACHE_CONTROL", "").lower(),
        client_gone=environ.get("waitress.client_disconnected", lambda: False),
        usage=record.usage,
    )


def _record() -> RequestRecord:
    record: RequestRecord = g.record  # `watch_requests` gives every request one
    return record
