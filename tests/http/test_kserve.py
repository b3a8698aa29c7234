"""The health routes of KServe's protocol follow the pool's state, and each model's."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from gpu_pool.status import ModelStatus
from server.app import create_app
from server.auth.keys import digest_of
from server.core.models import Models
from server.core.settings import Settings
from server.services import make_services
from tests.fakes import FakePool, one_model, served_model
from tests.http.test_translation import GOOD

STATES = [("ok", 200), ("degraded", 200), ("loading", 503), ("draining", 503), ("dead", 503)]


@pytest.mark.parametrize(("state", "code"), STATES)
def test_readiness_is_that_of_the_pool(
    client: FlaskClient, pool: FakePool, state: Any, code: int
) -> None:
    pool.state = state
    response = client.get("/v2/health/ready")
    assert (response.status_code, response.get_json()) == (code, {"ready": code == 200})


def test_liveness_does_not_depend_on_the_pool(client: FlaskClient, pool: FakePool) -> None:
    pool.state = "dead"
    response = client.get("/v2/health/live")
    assert (response.status_code, response.get_json()) == (200, {"live": True})


@pytest.mark.parametrize(("state", "code"), STATES)
def test_each_model_has_its_own_readiness(pool: FakePool, state: Any, code: int) -> None:
    pool.state = "degraded"
    pool.models = (
        ModelStatus("facebook/m2m100_418M", "ok", 0, 0),
        ModelStatus("nllb", state, 0, 0),
    )
    names = ("facebook/m2m100_418M", "nllb")
    services = make_services(pool, Models([served_model(name) for name in names]), Settings())
    client = create_app(services).test_client()
    response = client.get("/v2/models/nllb/ready")
    assert response.status_code == code
    assert response.get_json() == {"name": "nllb", "ready": code == 200}
    for slash in ("", "/"):
        other = client.get(f"/v2/models/facebook/m2m100_418M/ready{slash}")
        assert other.status_code == 200
        assert other.get_json() == {"name": "facebook/m2m100_418M", "ready": True}


@pytest.mark.parametrize("name", ["other", "fake/ready", "Fake"])
def test_an_unknown_model_is_a_problem_that_names_the_known_ones(
    client: FlaskClient, name: str
) -> None:
    response = client.get(f"/v2/models/{name}/ready")
    assert response.status_code == 404
    assert response.mimetype == "application/problem+json"
    body = response.get_json(force=True)
    assert body["type"] == "urn:m2m-server:unknown-model"
    assert body["detail"] == "the models are fake"


@pytest.mark.parametrize("path", ["/v2/health/live", "/v2/health/ready", "/v2/models/fake/ready"])
def test_probes_need_no_key(path: str) -> None:
    keys = f'[alice]\nsha256 = "{digest_of("m2m_alice")}"\n'
    services = make_services(FakePool(), one_model(), Settings(api_keys_toml=keys))
    client = create_app(services).test_client()
    assert client.post("/translation", json=GOOD).status_code == 401
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 405
