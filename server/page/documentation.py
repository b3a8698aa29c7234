"""GET /openapi.json and GET /docs: the API document for programs and for people."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, redirect, render_template, request

from server.http.security_headers import CONTENT_POLICY
from server.openapi.document import make_document
from server.page.routes import assets_address, revalidated
from server.services import Services

if TYPE_CHECKING:
    from werkzeug import Response as AnyResponse

_VIEWER_POLICY = f"{CONTENT_POLICY}; img-src 'self' data:"  # the icons in its style sheet


class DocumentationRoutes:
    """The document, and a viewer of it: Swagger UI."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @cached_property
    def _document(self) -> dict[str, Any]:
        """Built when it is first asked for, because that takes as long as all routes together."""
        return make_document(self._services.settings, self._services.models.default.name)

    def blueprint(self) -> Blueprint:
        """Return the routes for clients; they ask for no API key."""
        blueprint = Blueprint("openapi", __name__)
        for path in ("/openapi.json", "/spec"):  # the second is LibreTranslate's
            blueprint.add_url_rule(path, view_func=self.document)
        blueprint.add_url_rule("/docs", view_func=self.page)
        return blueprint

    def document(self) -> Response:
        """Send the document."""
        return revalidated(current_app.json.dumps(self._document), "application/json")

    def page(self) -> "AnyResponse":
        """Show the viewer; its links are relative, so that it works behind a path prefix."""
        if request.path.endswith("/"):  # the links would be relative to another folder
            return redirect("../docs", 308)
        page = revalidated(render_template("docs.html", assets=assets_address()), "text/html")
        page.headers["Content-Security-Policy"] = _VIEWER_POLICY
        return page
