"""Headers for browsers: what they may do with answers, and whose pages may use the API."""

import json

import pytest
from flask.testing import FlaskClient

from server.app import create_admin_app, create_app
from server.core.settings import Settings
from server.core.settings_sources import load_settings
from server.services import make_services
from tests.fakes import FakePool, one_model
from tests.http.test_access import KEYS, services_for
from tests.http.test_translation import GOOD, post, problem

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def test_every_answer_has_the_security_headers(client: FlaskClient, pool: FakePool) -> None:
    pool.failures["bad"] = ValueError("x")
    answers = [
        post(client), post(client, text="bad"), post(client, b"{"), client.get("/nothing"),
        client.put("/translation"), client.get("/health_check"),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 500, 400, 404, 405, 200]
    for answer in answers:
        assert EVERYWHERE.items() <= dict(answer.headers).items()
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def preflight(client: FlaskClient, origin: str, path: str = "/translation") -> dict[str, str]:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST",
               "Access-Control-Request-Headers": "authorization,content-type"}  # fmt: skip
    response = client.options(path, headers=headers)
    return {name: value for name, value in response.headers if name.startswith("Access-Control")}


def test_no_other_page_may_ask_unless_it_is_told(client: FlaskClient) -> None:
    assert preflight(client, "https://a.example") == {}
    answer = client.post("/translation", json=GOOD, headers={"Origin": "https://a.example"})
    assert not any(name.startswith("Access-Control") for name, _ in answer.headers)


def test_the_pages_of_the_named_origins_may_ask(pool: FakePool) -> None:
    origins = "https://a.example, http://localhost:3000"
    client = create_app(services_for(pool, cors_origins=origins, api_keys_toml=KEYS)).test_client()
    for origin in ("https://a.example", "http://localhost:3000"):
        allowed = preflight(client, origin)  # needs no key: browsers send none with it
        assert allowed["Access-Control-Allow-Origin"] == origin
        assert "POST" in allowed["Access-Control-Allow-Methods"]
        assert "Authorization" in allowed["Access-Control-Allow-Headers"]
    assert preflight(client, "https://a.example.evil.example") == {}
    answer = client.post("/translation", json=GOOD, headers={"Origin": "https://a.example"})
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.example"
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_star_lets_all_pages_ask(pool: FakePool) -> None:
    client = create_app(services_for(pool, cors_origins="*")).test_client()
    assert preflight(client, "null")["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "value", ["a.example", "https://a.example/", "https://a.example,", "https://*.a.example", " "]
)
def test_what_is_no_origin_stops_the_start(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load_settings(["--cors-origins", value], {})
    assert "--cors-origins=" in capsys.readouterr().err


def test_a_page_cannot_have_a_worker_restarted(pool: FakePool) -> None:
    admin = create_admin_app(services_for(pool, cors_origins="*")).test_client()
    refused = admin.post("/gpus/cuda:0/restart", headers={"Origin": "https://a.example"})
    problem(refused, 403, "forbidden")
    assert pool.workers[0].state == "ready"
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_a_form_is_held_to_the_same_limits_as_a_body(pool: FakePool) -> None:
    """Form fields, and multipart ones, as the routes for other servers' clients read them."""
    settings = Settings(port=0, max_characters=100, max_texts=4)
    app = create_app(make_services(pool, one_model(), settings))

    @app.post("/form")
    def form() -> dict[str, int]:
        from flask import request

        return {"texts": len(request.form.getlist("q"))}

    client = app.test_client()
    beyond = "x" * (settings.max_body_bytes + 1)
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        fits = client.post("/form", data={"q": "x" * 1000}, content_type=kind)
        assert json.loads(fits.data) == {"texts": 1}
        problem(client.post("/form", data={"q": beyond}, content_type=kind), 413,
                "request-entity-too-large")  # fmt: skip
    many = {f"field{i}": "x" for i in range(500)}
    parts = client.post("/form", data=many, content_type="multipart/form-data")
    assert parts.status_code == 413
