"""The document of all that clients may ask, with the limits and the model of this server."""

from importlib.metadata import version
from typing import Any

from server.openapi import compat, jobs, status, translation
from server.openapi.schemas import make_schemas
from server.services import Services

_DESCRIPTION = """\
Translates between the languages of an M2M100 model, on the devices of this server.

A request that fails is answered with a problem (RFC 9457) that names the field at fault. After 429
and 503 the header `Retry-After` tells when to try again. Every answer has an `X-Request-Id`; one
that is sent is kept.

Texts of one request may have {characters:,} characters in all, those of one job
{job_characters:,}."""
_TAGS = {
    "Translation": "Texts and documents, translated while the client waits.",
    "Jobs": "Long work, done in the background. A job is seen with the API key that made it only.",
    "Server": "What it speaks and how it is. No API key is needed.",
    "LibreTranslate": "For programs written for LibreTranslate. It asks for `/languages`, too.",
    "DeepL": "For programs written for version 2 of DeepL's API.",
}


def make_document(services: Services) -> dict[str, Any]:
    """Return the OpenAPI Object."""
    paths: dict[str, dict[str, Any]] = {}
    for each in (
        *translation.operations(services.model.name),
        *jobs.operations(),
        *status.operations(),
        *compat.operations(),
    ):
        paths.setdefault(each.path, {})[each.method] = each.document()
    settings = services.settings
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "m2m-server",
            "version": version("m2m-server"),
            "summary": "Translation on your own devices",
            "description": _DESCRIPTION.format(
                characters=settings.max_characters, job_characters=settings.max_job_characters
            ),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": ".", "description": "Where this document is"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": make_schemas(settings),
            "headers": {
                "RetryAfter": {
                    "description": "Seconds to wait before another try.",
                    "schema": {"type": "integer", "minimum": 1},
                }
            },
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key; needed where the server knows any.",
                },
                "deepl": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "The same key, as DeepL's clients send it: "
                    "`DeepL-Auth-Key KEY`.",
                },
            },
        },
    }
