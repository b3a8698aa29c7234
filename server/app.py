"""The two WSGI applications: all routes for clients, and the admin port for operators."""

from typing import TYPE_CHECKING

from server.http.flask_app import make_flask_app
from server.http.load_report import report_load
from server.http.security_headers import allow_origins, refuse_pages
from server.page.documentation import DocumentationRoutes
from server.page.routes import PageRoutes
from server.routes.deepl.blueprint import DeepLRoutes
from server.routes.files import FileRoutes
from server.routes.google import GoogleRoutes
from server.routes.jobs import JobRoutes
from server.routes.kserve import KServeRoutes
from server.routes.libretranslate import LibreTranslateRoutes
from server.routes.microsoft import MicrosoftRoutes
from server.routes.nllb import NllbApiRoutes
from server.routes.shared_paths import share_paths
from server.routes.status import StatusRoutes
from server.routes.translation import TranslationRoutes
from server.services import Services

if TYPE_CHECKING:
    from flask import Flask


def create_app(services: Services) -> "Flask":
    """Return the application for clients. It neither starts nor closes the pool."""
    routes = (
        TranslationRoutes(services),
        FileRoutes(services),
        JobRoutes(services),
        StatusRoutes(services),
        KServeRoutes(services),
        LibreTranslateRoutes(services),
        DeepLRoutes(services),
        GoogleRoutes(services),
        MicrosoftRoutes(services),
        NllbApiRoutes(services),
        DocumentationRoutes(services),
        PageRoutes(services),
    )
    blueprints = [each.blueprint() for each in routes]
    app = make_flask_app(blueprints, services.settings, services.metrics)
    allow_origins(app, services.settings)
    report_load(app, services.pool, services.settings)
    share_paths(app)
    return app


def create_admin_app(services: Services) -> "Flask":
    """Return the application of the admin port: probes, metrics and restarts."""
    blueprints = [StatusRoutes(services).admin_blueprint()]
    app = make_flask_app(blueprints, services.settings, services.metrics)
    refuse_pages(app)
    return app
