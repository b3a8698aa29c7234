"""The page at `/`: translate, and watch the devices. Its files are in `static/` and `templates/`.

Those of the API viewer at `/docs` come from a package.

Static files have a digest of all of them in their path: browsers may cache them forever, and never
mix files of two versions.
"""

import hashlib
import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from documents import FORMATS, OPTIONS, default_of
from server.services import Services
from translator.models.checkpoints import BUNDLED

_STATIC = Path(__file__).with_name("static")
_VIEWER = files("flask_openapi3_swagger") / "templates" / "swagger"  # Swagger UI
_VIEWER_FILES = ("css/swagger-ui.css", "js/swagger-ui-bundle.js")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_FOR_EVER = 365 * 24 * 3600  # seconds


class PageRoutes:
    """The page and its files, read once."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._assets = _read_assets()

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        blueprint = Blueprint("page", __name__)
        blueprint.add_url_rule("/", view_func=self.page)
        blueprint.add_url_rule("/static/<digest>/<name>", view_func=self.asset)
        return blueprint

    def page(self) -> Response:
        """Show the page; its links are relative, so that it works behind a path prefix."""
        model = Path(self._services.models.default.name).name
        page = render_template(
            "page.html",
            assets=assets_address(),
            model=model,
            models=self._services.models.names,
            demonstration=model == BUNDLED,
            suffixes=sorted(FORMATS),
            options=json.dumps(_document_options()),
            max_characters=self._services.settings.max_characters,
        )
        return revalidated(page, "text/html")

    def asset(self, digest: str, name: str) -> Response:
        """Send one static file; 404 for files of another version."""
        if digest != _digest() or name not in self._assets:
            abort(404)
        response = Response(self._assets[name], mimetype=_TYPES[Path(name).suffix])
        response.headers["Cache-Control"] = f"public, max-age={_FOR_EVER}, immutable"
        return response


def _document_options() -> dict[str, Any]:
    """Return which options each format reads, and how to ask for them."""
    kinds = {
        name: {
            "description": choice.description,
            "values": choice.values,
            "default": default_of(name),
        }
        for name, choice in OPTIONS.items()
    }
    formats = {
        suffix: [name for name in OPTIONS if name in known.options]
        for suffix, known in FORMATS.items()
    }
    return {"kinds": kinds, "formats": formats}


def revalidated(body: str, media_type: str) -> Response:
    """Return a response that browsers revalidate, so that it is only sent when it has changed."""
    response = Response(body, mimetype=media_type)
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def assets_address() -> str:
    """Return the path of the static files, relative to the root; other pages use them too."""
    return f"static/{_digest()}"


@cache
def _read_assets() -> dict[str, bytes]:
    viewer = [_VIEWER / name for name in _VIEWER_FILES]
    return {path.name: path.read_bytes() for path in [*sorted(_STATIC.iterdir()), *viewer]}


@cache
def _digest() -> str:
    digest = hashlib.sha256()
    for name, content in _read_assets().items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]
