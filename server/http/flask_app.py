"""What every Flask application of the server has, whatever its routes."""

from collections.abc import Sequence

from flask import Blueprint, Flask
from flask.json.provider import DefaultJSONProvider

from server.core.settings import Settings
from server.http.problems import register_errors
from server.http.request_log import watch_requests
from server.http.security_headers import protect
from server.metrics.front import Metrics

_FORM_FIELDS = 64  # in a form, in addition to the texts


class Utf8Json(DefaultJSONProvider):
    """JSON for people: UTF-8 instead of escapes, members in the order of the code."""

    ensure_ascii = False
    sort_keys = False


def make_flask_app(blueprints: Sequence[Blueprint], settings: Settings, metrics: Metrics) -> Flask:
    """Return an application with these routes, limits, problem documents, records and headers."""
    app = Flask("server", static_folder=None, template_folder="page/templates")
    app.json = Utf8Json(app)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_body_bytes
    app.config["MAX_FORM_PARTS"] = settings.max_texts + _FORM_FIELDS
    app.url_map.merge_slashes = False  # a redirect would make a client send its text twice
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    register_errors(app)
    watch_requests(app, metrics)
    protect(app)
    return app
