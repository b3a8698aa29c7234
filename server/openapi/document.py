"""The OpenAPI document, with the limits and the model of this server."""

from importlib.metadata import version
from typing import Annotated, Any

from pydantic import Field

from server.core.settings import Settings
from server.openapi import (
    deepl,
    google,
    jobs,
    libretranslate,
    microsoft,
    nllb,
    status,
    translation,
)
from server.openapi.schemas import Schemas

_DESCRIPTION = """\
Translates between the languages of an M2M100 model, on the devices of this server.

A request that fails is answered with a problem (RFC 9457), which names the field at fault. With 429
and 503, the header `Retry-After` says when to try again. Every response has an `X-Request-Id`; that
of the request is kept, if it has one. The load of the server, for gateways, is in the header
`endpoint-load-metrics` (ORCA) if the request has `endpoint-load-metrics-format: TEXT` or `JSON`.

A body may be compressed (`Content-Encoding: gzip` or `deflate`). Limits are those of the decoded
body. A path may end with a slash.

The texts of one request may have {characters:,} characters in all, those of one job
{job_characters:,}."""
_TAGS = {
    "Translation": "Texts and documents, translated while the client waits.",
    "Jobs": "Translations in the background. Only the API key that created a job has access to it.",
    "Server": "Languages, health and devices. No API key is needed.",
    "LibreTranslate": "For clients of LibreTranslate. They use `/languages`, too.",
    "DeepL": "For clients of versions 2 and 3 of DeepL's API.",
    "Google": "For clients of version 2 of Google Cloud Translation.",
    "Microsoft": "For clients of version 3.0 of Microsoft Translator.",
    "NLLB": "For clients of nllb-serve and nllb-api. They may send FLORES-200 codes.",
}
_KEYS = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key; required if the server has a list of keys.",
    },
    "deepl": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "The same API key, as DeepL's clients send it: `DeepL-Auth-Key KEY`.",
    },
    "google": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Goog-Api-Key",
        "description": "The same API key, as Google's clients send it; or as parameter `key`.",
    },
    "microsoft": {
        "type": "apiKey",
        "in": "header",
        "name": "Ocp-Apim-Subscription-Key",
        "description": "The same API key, as Microsoft's clients send it.",
    },
}
_RETRY_AFTER = {
    "description": "Seconds to wait before the next attempt.",
    "schema": Annotated[int, Field(ge=1)],
}


def make_document(settings: Settings, model: str) -> dict[str, Any]:
    """Return the OpenAPI Object; `model` is the name of the model in answers."""
    schemas = Schemas(settings)
    paths = schemas.resolve(_paths(model))
    headers = {"RetryAfter": schemas.resolve(_RETRY_AFTER)}
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
            "schemas": dict(sorted(schemas.components.items())),
            "headers": headers,
            "securitySchemes": _KEYS,
        },
    }


def _paths(model: str) -> dict[str, dict[str, Any]]:
    groups = (
        translation.operations(model),
        jobs.OPERATIONS,
        status.OPERATIONS,
        libretranslate.OPERATIONS,
        deepl.OPERATIONS,
        google.OPERATIONS,
        microsoft.OPERATIONS,
        nllb.OPERATIONS,
    )
    paths: dict[str, dict[str, Any]] = {}
    for tag, operations in zip(_TAGS, groups, strict=True):
        for operation in operations:
            method, path = operation.route.split()
            paths.setdefault(path, {})[method] = operation.document(tag)
    return paths
