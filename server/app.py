"""The Flask applications around a pool: one for clients, one for those who run the server."""

from collections.abc import Sequence

from flask import Blueprint, Flask
from flask.json.provider import DefaultJSONProvider

from server.core.errors import register_errors
from server.http.request_log import watch_requests
from server.http.security_headers import allow_origins, protect, refuse_pages
from server.page.routes import Page
from server.routes.deepl import DeepL
from server.routes.documentation import Documentation
from server.routes.files import FileRoutes
from server.routes.jobs import JobRoutes
from server.routes.libretranslate import LibreTranslate
from server.routes.translation import Api
from server.services import Services

_FORM_FIELDS = 64  # beside texts, in a form


class Utf8Json(DefaultJSONProvider):
    """JSON as people read it: UTF-8 instead of escapes, members in the order of the code."""

    ensure_ascii = False
    sort_keys = False


def create_app(services: Services) -> Flask:
    """Return the WSGI application for clients. It neither starts nor closes the pool."""
    routes = (
        Api(services),
        FileRoutes(services),
        JobRoutes(services),
        LibreTranslate(services),
        DeepL(services),
        Documentation(services),
        Page(services),
    )
    app = _make_app([each.blueprint() for each in routes], services)
    allow_origins(app, services.settings)
    return app


def create_admin_app(services: Services) -> Flask:
    """Return the WSGI application of the admin port: probes, metrics and restarts."""
    app = _make_app([Api(services).admin_blueprint()], services)
    refuse_pages(app)
    return app


def _make_app(blueprints: Sequence[Blueprint], services: Services) -> Flask:
    settings = services.settings
    app = Flask("server", static_folder=None, template_folder="page/templates")
    app.json = Utf8Json(app)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_body_bytes
    app.config["MAX_FORM_PARTS"] = settings.max_texts + _FORM_FIELDS
    app.url_map.merge_slashes = False  # a redirect would make a client send its text twice
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    register_errors(app)
    watch_requests(app, services.metrics)
    protect(app)
    return app
