"""Security headers and CORS: what browsers may do with answers, and which pages may use the API."""

from typing import TYPE_CHECKING, Any

from flask import Flask, Response, abort, request
from werkzeug.datastructures import Headers

from server.core.setting_types import split_origins
from server.core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# The page, its files and everything it requests come from this server.
CONTENT_POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",  # translations are private
}
_LOWERED = [(name.lower(), (name, value)) for name, value in SECURITY_HEADERS.items()]
_ALLOWED_HEADERS = (
    "Authorization, Content-Type, X-Request-Id, traceparent, X-Goog-Api-Key, "
    "Ocp-Apim-Subscription-Key, Ocp-Apim-Subscription-Region, X-ClientTraceId"
)
_EXPOSED_HEADERS = (
    "X-Request-Id, Retry-After, Content-Disposition, X-Detected-Language, X-Translation-Warnings, "
    "X-Document-Notices"
)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_PREFLIGHT_SECONDS = 600  # for which a browser may cache the answer


def protect(app: Flask) -> None:
    """Add the security headers to every answer of `app`; a route may override one."""

    answer = app.wsgi_app

    def call(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            given = {name.lower() for name, _ in headers}
            missing = [header for name, header in _LOWERED if name not in given]
            return start_response(status, headers + missing, *error)

        return answer(environ, start)

    # Not `after_request`: Flask's headers take ten times as long as a list.
    app.wsgi_app = call  # type: ignore[method-assign]


def allow_origins(app: Flask, settings: Settings) -> None:
    """Allow the origins in the settings to use `app`; without any, only its own page may."""
    origins = split_origins(settings.cors_origins)
    if not origins:
        return

    def add_headers(response: Response) -> Response:
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin is not None and ("*" in origins or origin in origins):
            # Cookies are never allowed: keys travel in headers.
            response.headers["Access-Control-Allow-Origin"] = "*" if "*" in origins else origin
            response.headers["Access-Control-Expose-Headers"] = _EXPOSED_HEADERS
            if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
                _answer_preflight(response.headers)
        return response

    app.after_request(add_headers)


def _answer_preflight(headers: Headers) -> None:
    """Complete Flask's answer to OPTIONS, which has the route's methods in `Allow`."""
    headers["Access-Control-Allow-Methods"] = headers.get("Allow", "")
    headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
    headers["Access-Control-Max-Age"] = str(_PREFLIGHT_SECONDS)


def refuse_pages(app: Flask) -> None:
    """Refuse changes requested by web pages: any page can send requests to its reader's ports."""

    def check() -> None:
        if request.method not in _SAFE_METHODS and "Origin" in request.headers:
            abort(403, "this port accepts no requests from web pages")

    app.before_request(check)
