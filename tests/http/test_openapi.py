"""The OpenAPI document is complete, valid, and right in its examples; its viewer is ours."""

import re
import shlex
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import TestResponse

from gpu_pool.errors import (
    DeadlineError,
    OverloadedError,
    PoolError,
    QuarantinedError,
    UnavailableError,
)
from server.app import create_app
from server.auth.keys import digest_of
from server.core.segments import Segment, Translation
from server.core.settings import Settings
from server.jobs.store import open_jobs
from server.openapi.curl import curl_example
from server.openapi.operations import parameter
from server.services import make_services
from tests.fakes import FakePool, one_model

PAGES = {"/", "/docs", "/static/{digest}/{name}"}
JSON = "application/json"
PHRASES = {
    "Good morning.": ["Guten Morgen."],
    "morning": ["Morgen"],
    "Thank you.": ["Danke.", "Danke schön.", "Vielen Dank."],
    "The GPU pool is full.": ["Der GPU-Pool ist voll."],
    "Der Zug nach Berlin ist heute Morgen pünktlich.": [
        "The train to Berlin is on time this morning."
    ],
}


class PhraseBook(FakePool):
    """Translates only the phrases of the examples."""

    def _resolve(self, segment: Segment, future: "Future[Translation]") -> None:
        text, *others = PHRASES[segment.text]
        future.set_result(Translation(text, (), tuple(others[: segment.options.alternatives])))


def serve(pool: FakePool, **values: Any) -> FlaskClient:
    settings = Settings(port=0, **values)
    return create_app(make_services(pool, one_model(), settings)).test_client()


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/openapi.json").get_json()
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_document_is_valid(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1.")


def test_documented_routes_are_those_of_the_app(app: Flask, document: dict[str, Any]) -> None:
    routes = {
        (method, re.sub("<(?:path:)?([^>]*)>", r"{\1}", rule.rule.rstrip("/") or "/"))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    documented = {(method, path) for method, path, _ in operations(document)}
    assert documented == {(method, path) for method, path in routes if path not in PAGES}


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    """Return a validator of a schema that refers to components of the document."""
    return Draft202012Validator({**schema, "components": document["components"]})


def examples(content: dict[str, Any]) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield media type, name, value and schema of each example."""
    for media_type, media in content.items():
        for name, example in media.get("examples", {}).items():
            yield media_type, name, example["value"], media["schema"]


def requests(client: FlaskClient) -> Iterator[tuple[str, str, Any, str, dict[str, Any]]]:
    """Yield method, path, body, name and operation of each request example."""
    for method, path, operation in operations(client.get("/openapi.json").get_json()):
        for media_type, name, value, _ in examples(
            operation.get("requestBody", {}).get("content", {})
        ):
            assert media_type == JSON
            yield method, with_query(path, operation), value, name, operation


def with_query(path: str, operation: dict[str, Any]) -> str:
    """Return an address with the parameters of the query that have an example."""
    given = {
        each["name"]: each["example"]
        for each in operation.get("parameters", [])
        if each["in"] == "query" and "example" in each
    }
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


def check(client: FlaskClient, operation: dict[str, Any], response: TestResponse) -> None:
    """Check a response against the document."""
    described = operation["responses"].get(str(response.status_code))
    assert described is not None, (operation["operationId"], response.status_code, response.text)
    for name in described.get("headers", {}):
        assert name in response.headers
    content = described.get("content", {})
    assert response.mimetype is not None
    assert response.mimetype in content
    if "json" in response.mimetype:
        document = client.get("/openapi.json").get_json()
        validator(document, content[response.mimetype]["schema"]).validate(response.get_json())


def events(stream: str) -> list[dict[str, str]]:
    """Return the fields of each event of a stream."""
    blocks = stream.removesuffix("\n\n").split("\n\n")
    return [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]


def test_examples_match_their_schemas(document: dict[str, Any]) -> None:
    seen = 0
    for _, _, operation in operations(document):
        contents = [each.get("content", {}) for each in operation["responses"].values()]
        for content in [operation.get("requestBody", {}).get("content", {}), *contents]:
            for media_type, _, value, schema in examples(content):
                for each in [value] if media_type == JSON else events(value):
                    validator(document, schema).validate(each)
                seen += 1
    assert seen > 10


def test_server_answers_request_examples_with_response_examples() -> None:
    """The phrase book supplies the translations, the server everything else."""
    client = serve(PhraseBook())
    compared = 0
    for method, path, body, name, operation in requests(client):
        for status, response in operation["responses"].items():
            for media_type, example, expected, _ in examples(response.get("content", {})):
                if example == name:
                    got = client.open(
                        path, method=method, json=body, headers={"Accept": media_type}
                    )
                    assert (str(got.status_code), got.mimetype) == (status, media_type), got.text
                    assert (got.text if isinstance(expected, str) else got.get_json()) == expected
                    compared += 1
    assert compared > 9


@pytest.mark.parametrize(
    "error",
    [OverloadedError(2.0), UnavailableError("gone"), DeadlineError("late"), QuarantinedError("x")],
)
def test_pool_errors_are_documented(error: PoolError) -> None:
    pool = FakePool()
    pool.refusal = error
    client = serve(pool)
    failed = 0
    for method, path, body, _, operation in requests(client):
        response = client.open(path, method=method, json=body)
        check(client, operation, response)
        failed += response.status_code >= 400
    assert failed > 9


def test_operations_that_need_a_key_are_documented(tmp_path: Path) -> None:
    values = Settings(
        port=0, jobs=tmp_path / "jobs", api_keys_toml=f'[ann]\nsha256 = "{digest_of("a")}"\n'
    )
    services = make_services(FakePool(), one_model(), values, open_jobs(values))
    client = create_app(services).test_client()
    document = client.get("/openapi.json").get_json()
    bodies = {operation["operationId"]: body for *_, body, _, operation in requests(client)}
    for method, path, operation in operations(document):
        for header in (None, "Bearer wrong", "DeepL-Auth-Key wrong"):
            headers = {"Authorization": header} if header else {}
            address = with_query(path, operation).replace("{job_id}", "x")
            body = bodies.get(operation["operationId"])
            response = client.open(address, method=method, json=body, headers=headers)
            refused = response.status_code in (400, 401, 403)
            assert refused == bool(operation["security"]), (path, response.text)
            check(client, operation, response)
    assert services.jobs is not None
    services.jobs.close()


def test_limits_are_those_of_the_settings(client: FlaskClient, document: dict[str, Any]) -> None:
    request = document["components"]["schemas"]["TranslationRequest"]["properties"]
    one, many = request["text"]["oneOf"]
    assert one["maxLength"] == 100
    assert many["maxItems"] == 4
    assert request["timeout"]["anyOf"][0]["maximum"] == 600


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_caches_revalidate_and_get_304(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_every_curl_example_works() -> None:
    client = serve(PhraseBook())
    sent = 0
    for method, path, operation in operations(client.get("/openapi.json").get_json()):
        command = re.search(r"```sh\n(.*)\n```", operation.get("description", ""), re.DOTALL)
        words = shlex.split(command[1]) if command else []
        if "-d" not in words:
            continue
        [address] = [word for word in words if word.startswith(f"localhost:8000{path}")]
        body = words[words.index("-d") + 1]
        answer = client.open(
            address.removeprefix("localhost:8000"), method=method, data=body, content_type=JSON
        )
        assert answer.status_code in (200, 201, 202, 404), answer.text  # 404: jobs are off
        sent += 1
    assert sent > 4


def test_a_curl_example_has_the_parameters_that_are_needed() -> None:
    needed = parameter("to", "query", "Languages.", list[str], required=True, example=["de", "fr"])
    optional = parameter("from", "query", "A language.", str, example="en")
    command = curl_example("get /x", [needed, optional], {})
    assert command == "curl -s 'localhost:8000/x?to=de&to=fr'"


def test_page_loads_only_own_files(client: FlaskClient) -> None:
    answer = client.get("/docs")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! [^>]*src=)|https?://", answer.text)
    addresses = re.findall(r'<(?:link|img|script)[^>]* (?:href|src)="([^"]+)"', answer.text)
    assert {"swagger-ui-bundle.js", "swagger-ui.css"} <= {Path(each).name for each in addresses}
    for address in addresses:
        file = client.get(f"/{address}")
        assert file.status_code == 200
        assert "immutable" in file.headers["Cache-Control"]
    assert 'href="docs"' in client.get("/").text


def test_policy_allows_the_pictures_in_the_style_sheet_and_nothing_else(
    client: FlaskClient,
) -> None:
    usual = client.get("/").headers["Content-Security-Policy"]
    policies = client.get("/docs").headers.getlist("Content-Security-Policy")
    assert policies == [f"{usual}; img-src 'self' data:"]
