"""What a proxy in front says about requests: the client's address, and that of the server."""

from typing import TYPE_CHECKING

from waitress.proxy_headers import proxy_headers_middleware
from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def behind_proxy(app: "WSGIApplication", address: str) -> "WSGIApplication":
    """Return the application with X-Forwarded-For, -Prefix, -Proto and -Host of this proxy applied.

    From others ("*": there are none) they are ignored.
    """
    with_client: WSGIApplication = proxy_headers_middleware(
        app, trusted_proxy=address, trusted_proxy_headers={"x-forwarded-for"}
    )

    def normalize(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        """Make the prefix a path: with two slashes in front it would be another host."""
        environ["SCRIPT_NAME"] = f"/{environ['SCRIPT_NAME'].strip('/')}".rstrip("/")
        return with_client(environ, start_response)

    # waitress does not know the prefix, and replaces the address that tells whom to trust.
    with_address = ProxyFix(normalize, x_for=0, x_proto=1, x_host=1, x_prefix=1)

    def call(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        trusted = address in ("*", environ["REMOTE_ADDR"])
        return (with_address if trusted else with_client)(environ, start_response)

    return call
