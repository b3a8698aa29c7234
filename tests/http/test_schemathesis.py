"""Requests generated from the OpenAPI document: no 5xx, and only documented responses."""

import functools
import io
import time
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation

from server.app import create_app
from server.core.settings import Settings
from server.jobs.store import open_jobs
from server.services import make_services
from tests.fakes import FakePool, one_model

EXAMPLES = 25  # requests per operation
VALUES: dict[str, Any] = {"port": 0, "max_texts": 4, "max_characters": 100}
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            "negative_data_rejection": {"expected-statuses": ["4XX"]},
            # No schema can say that the languages must differ, or limit the total length of texts.
            # Instead, every operation must accept at least one request.
            "positive_data_acceptance": {"enabled": False},
        }
    }
)
Operation = APIOperation[Any, Any, Any, Any]
PAIRS = [("source_language", "target_language"), ("source", "target"),
         ("source_lang", "target_lang"), ("src_lang", "tgt_lang"), ("from", "to")]  # fmt: skip
LANGUAGES = {"source_lang": "en", "target_lang": "de"}
GLOSSARY = {"name": "x", **LANGUAGES, "entries": "a\tb"}
JOB = {"text": ["one", "two"], "source_language": "en", "target_language": "de"}
TIMEOUT = 20.0
NEVER_ACCEPTED = {
    # A generated form has no file name, which determines the format.
    "POST /translation/file", "POST /translate_file", "POST /v2/document",
    "GET /download_file/{name}",  # so there is none to download
}  # fmt: skip


def make_operations() -> dict[str, Operation]:
    """Return the operations of the document by label, such as `GET /languages`."""
    app = create_app(make_services(FakePool(), one_model(), Settings(**VALUES)))
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app, config=CONFIG)
    results = list(schema.get_all_operations())
    operations = [result.ok() for result in results if isinstance(result, Ok)]
    assert len(operations) == len(results)
    return {operation.label: operation for operation in operations}


OPERATIONS = make_operations()
accepted: dict[str, int] = {}


@pytest.fixture(scope="module", autouse=True)
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """Return a client of an application that processes jobs."""
    values = Settings(**VALUES, jobs=tmp_path_factory.mktemp("jobs") / "jobs")
    services = make_services(FakePool(), one_model(), values, open_jobs(values))
    assert services.jobs is not None
    services.jobs.start()
    yield create_app(services).test_client()
    services.jobs.close()


def finished_job(client: FlaskClient) -> str:
    job = client.post("/translation/jobs", json=JOB).get_json()
    deadline = time.monotonic() + TIMEOUT
    while client.get(job["url"]).get_json()["status"] != "done":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return str(job["id"])


@functools.cache
def kept_job(client: FlaskClient) -> str:
    """Return the id of a finished job, for requests that do not delete it."""
    return finished_job(client)


def finished_document(client: FlaskClient) -> tuple[str, dict[str, str]]:
    """Return the id of a document, and its key as the field that requests have it in."""
    form = {**LANGUAGES, "file": (io.BytesIO(b"one"), "a.txt")}
    document = client.post("/v2/document", data=form).get_json()
    key = {"document_key": document["document_key"]}
    deadline = time.monotonic() + TIMEOUT
    while (
        client.post(f"/v2/document/{document['document_id']}", json=key).get_json()["status"]
        != "done"
    ):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return document["document_id"], key


def steer(case: schemathesis.Case[Any], client: FlaskClient) -> None:
    """Replace the languages, the job and the model of a valid request by ones that exist."""
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    for fields in (case.body, case.query):
        for source, target in PAIRS:
            if isinstance(fields, dict) and target in fields:
                many = isinstance(fields[target], list)
                fields |= {source: "en", target: ["de"] if many else "de"}
    if "job_id" in case.path_parameters:
        make = finished_job if case.method == "DELETE" else kept_job
        case.path_parameters["job_id"] = make(client)
    parts = [part for part in (case.body, case.query) if isinstance(part, dict)]
    if "glossary_id" in case.path_parameters:
        made = client.post("/v2/glossaries", json=GLOSSARY).get_json()
        case.path_parameters["glossary_id"] = made["glossary_id"]
        fill(parts, GLOSSARY)
    if "model" in case.path_parameters:
        case.path_parameters["model"] = "fake"
    if "document_id" in case.path_parameters:
        case.path_parameters["document_id"], key = finished_document(client)
        fill(parts, key)


def fill(parts: list[dict[str, Any]], values: dict[str, str]) -> None:
    """Give fields that parts of a request have other values."""
    for part in parts:
        part.update({name: values[name] for name in values.keys() & part.keys()})


def cases(operation: Operation) -> st.SearchStrategy[schemathesis.Case[Any]]:
    """Return requests: the documented examples, valid ones and invalid ones."""
    generated = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
    return st.one_of(*operation.get_strategies_from_examples(), *generated)


# Not `schema.parametrize()`: with pytest 9.2 its tests have one id, and pytest-xdist runs only one.
@pytest.mark.parametrize("label", OPERATIONS)
def test_responses_are_documented(label: str, client: FlaskClient) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(OPERATIONS[label]))
    def check(case: schemathesis.Case[Any]) -> None:
        steer(case, client)
        response = case.call(app=client.application)
        case.validate_response(response)
        accepted[label] = accepted.get(label, 0) + (response.status_code < 300)

    check()


def test_every_operation_accepted_a_request() -> None:
    assert len(accepted) > 20
    assert {label for label, count in accepted.items() if not count} <= NEVER_ACCEPTED
