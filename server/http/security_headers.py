"""Headers that tell browsers what they may do with our answers, and whose pages may ask."""

from flask import Flask, Response, abort, request
from werkzeug.datastructures import Headers

from server.core.settings import Settings, split_origins

# The page and its files come from here, and so does all that it asks.
_CSP = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",  # a translation is nobody's but the client's
}
_ALLOWED_HEADERS = "Authorization, Content-Type, X-Request-Id, traceparent"
_EXPOSED_HEADERS = (
    "X-Request-Id, Retry-After, Content-Disposition, X-Detected-Language, X-Translation-Warnings"
)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_PREFLIGHT_SECONDS = 600  # that a browser may remember the answer


def protect(app: Flask) -> None:
    """Put the security headers on every answer of `app`; a route may set one to its own needs."""

    def add_headers(response: Response) -> Response:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    app.after_request(add_headers)


def allow_origins(app: Flask, settings: Settings) -> None:
    """Let the pages of the origins in the settings use `app`; without any, none but its own."""
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
    """Add what Flask's answer to OPTIONS lacks; it names the methods of the route in `Allow`."""
    headers["Access-Control-Allow-Methods"] = headers.get("Allow", "")
    headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
    headers["Access-Control-Max-Age"] = str(_PREFLIGHT_SECONDS)


def refuse_pages(app: Flask) -> None:
    """Refuse to change anything for a page: one anywhere may send to a port of its reader's."""

    def check() -> None:
        if request.method not in _SAFE_METHODS and "Origin" in request.headers:
            abort(403, "this port takes nothing from pages")

    app.before_request(check)
