"""What every Flask application of the server has, whatever its routes."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Flask, Request
from flask.json.provider import DefaultJSONProvider
from werkzeug.routing import MapAdapter

from server.core.settings import Settings
from server.http.problems import register_errors
from server.http.request_body import DecodedRequest
from server.http.request_log import watch_requests
from server.http.security_headers import protect
from server.metrics.front import Metrics

_FORM_FIELDS = 64  # in a form, in addition to the texts
_COMPACT = {"separators": (",", ":")}  # how Flask asks for the body of a response
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), default=DefaultJSONProvider.default
)


class Utf8Json(DefaultJSONProvider):
    """JSON for people: UTF-8 instead of escapes, members in the order of the code."""

    ensure_ascii = False
    sort_keys = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Return JSON, mostly from an encoder that need not be made."""
        return super().dumps(obj, **kwargs) if kwargs != _COMPACT else _ENCODER.encode(obj)


class _Application(Flask):
    """A Flask application whose functions are plain ones."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function: Flask would inspect at every call whether it is a coroutine."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return what matches the path of a request; Flask would also examine its `Host`."""
        if request is None:
            return super().create_url_adapter(request)
        path: str = request.environ["PATH_INFO"]  # `request.path` has no more than one "/" in front
        return self.url_map.bind(
            "",  # routes are the same for all hosts
            script_name=request.root_path,
            url_scheme=request.scheme,
            default_method=request.method,
            path_info=path.encode("latin-1").decode(errors="replace"),
        )


def make_flask_app(blueprints: Sequence[Blueprint], settings: Settings, metrics: Metrics) -> Flask:
    """Return an application with these routes, limits, problem documents, records and headers."""
    app = _Application("server", static_folder=None, template_folder="page/templates")
    app.json = Utf8Json(app)
    app.request_class = DecodedRequest
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_body_bytes
    app.config["MAX_FORM_PARTS"] = settings.max_texts + _FORM_FIELDS
    # A redirect would make a client send its text twice.
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    watch_requests(app, metrics)  # first: a blueprint may answer what no route does
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    register_errors(app)
    protect(app)
    return app
