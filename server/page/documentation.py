"""GET /openapi.json and GET /docs: the API document for programs and for people."""

import json
from functools import partial

from flask import Blueprint, Response, current_app, render_template
from markdown_it import MarkdownIt

from server.openapi.document import make_document
from server.page.routes import assets_address, revalidated
from server.services import Services


class DocumentationRoutes:
    """The document, built once."""

    def __init__(self, services: Services) -> None:
        self._document = make_document(services.settings, services.model.name)
        self._markdown = MarkdownIt("commonmark", {"html": False})

    def blueprint(self) -> Blueprint:
        """Return the routes for clients; they ask for no API key."""
        blueprint = Blueprint("openapi", __name__)
        blueprint.add_url_rule("/openapi.json", view_func=self.document)
        blueprint.add_url_rule("/docs", view_func=self.page)
        return blueprint

    def document(self) -> Response:
        """Send the document."""
        return revalidated(current_app.json.dumps(self._document), "application/json")

    def page(self) -> Response:
        """Show the document; its links are relative, so that it works behind a path prefix."""
        page = render_template(
            "docs.html",
            document=self._document,
            assets=assets_address(),
            markdown=self._markdown.render,  # it escapes tags
            pretty=partial(json.dumps, ensure_ascii=False, indent=2),
        )
        return revalidated(page, "text/html")
