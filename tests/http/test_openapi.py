"""The document of the API: complete, valid, true in its examples; and the page that shows it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from server.access import digest_of
from server.app import create_app
from server.services import make_services
from server.settings import Settings
from tests.fakes import FakePool, served_model

PAGES = {"/", "/docs", "/static/{digest}/{name}"}
JSON = "application/json"
TRANSLATIONS = {
    "Good morning.": "Guten Morgen.",
    "Good morning.\n": "Guten Morgen.\n",
    "Thank you.": "Danke.",
}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/openapi.json").get_json()
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_it_is_valid(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1.")


def test_no_route_is_forgotten_and_none_is_made_up(app: Flask, document: dict[str, Any]) -> None:
    routes = {
        (method, re.sub("<([^>]*)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    documented = {(method, path) for method, path, _ in operations(document)}
    assert documented == {(method, path) for method, path in routes if path not in PAGES}


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
