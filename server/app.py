"""The Flask applications around a pool: one for clients, one for those who run the server."""

import logging
import time
from collections.abc import Sequence

from flask import Blueprint, Flask, Response, g, request
from flask.json.provider import DefaultJSONProvider

from server.api import Api
from server.errors import register_errors
from server.page import Page
from server.services import Services
from server.settings import Settings

_log = logging.getLogger(__name__)


class Utf8Json(DefaultJSONProvider):
    """JSON as people read it: UTF-8 instead of escapes, members in the order of the code."""

    ensure_ascii = False
    sort_keys = False


def create_app(services: Services) -> Flask:
    """Return the WSGI application for clients. It neither starts nor closes the pool."""
    return _make_app([Api(services).blueprint(), Page(services).blueprint()], services.settings)


def create_admin_app(services: Services) -> Flask:
    """Return the WSGI application of the admin port: probes and restarts."""
    return _make_app([Api(services).admin_blueprint()], services.settings)


def _make_app(blueprints: Sequence[Blueprint], settings: Settings) -> Flask:
    app = Flask("server", static_folder=None)
    app.json = Utf8Json(app)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.url_map.merge_slashes = False  # a redirect would make a client send its text twice
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    register_errors(app)
    app.before_request(_start_clock)
    app.after_request(_log_access)
    return app


def _start_clock() -> None:
    g.begun = time.perf_counter()


def _log_access(response: Response) -> Response:
    """Log one line; of an unknown path nothing, since it may hold anything."""
    rule = request.url_rule
    route = f"{request.method} {rule.rule}" if rule else "(no route)"
    milliseconds = (time.perf_counter() - g.begun) * 1000
    _log.info("%s %d %.1f ms", route, response.status_code, milliseconds)
    return response
