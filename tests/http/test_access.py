"""Who may ask, how much, and from whose pages."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from server.__main__ import main
from server.app import create_app
from server.auth.keys import digest_of, parse_keys
from server.core.settings import Settings
from server.services import Services, make_services
from tests.fakes import FakePool, one_model
from tests.http.test_translation import GOOD, problem

ALICE, BOB = "m2m_alice", "m2m_bob"
KEYS = f"""
[alice]
sha256 = "{digest_of(ALICE)}"
requests_per_minute = 2

[bob]
sha256 = "{digest_of(BOB)}"
characters_per_minute = 60
"""


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def services_for(pool: FakePool, **settings: Any) -> Services:
    return make_services(pool, one_model(), Settings(port=0, **settings))


@pytest.fixture
def guarded(pool: FakePool) -> FlaskClient:
    return create_app(services_for(pool, api_keys_toml=KEYS)).test_client()


def test_without_keys_the_server_is_open_whatever_is_given(
    client: FlaskClient, pool: FakePool
) -> None:
    assert client.post("/translation", json=GOOD, headers=bearer("any")).status_code == 200
    assert pool.askers == [("127.0.0.1", False)]


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": ""}, {"Authorization": "Bearer "}, {"X-Api-Key": ALICE},
                {"Authorization": "Basic YWxpY2U6eA=="}]
)  # fmt: skip
def test_without_a_key_nothing_is_read(
    guarded: FlaskClient, pool: FakePool, headers: dict[str, str]
) -> None:
    response = guarded.post("/translation", data=b"{", headers=headers)
    problem(response, 401, "missing-key")
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert pool.submitted == []


@pytest.mark.parametrize("key", ["m2m_alic", "m2m_alice2", "alice", digest_of(ALICE), "ü"])
def test_a_wrong_key_is_refused_and_not_repeated(
    guarded: FlaskClient, pool: FakePool, key: str
) -> None:
    response = guarded.post("/translation", json=GOOD, headers=bearer(key))
    problem(response, 403, "wrong-key")
    assert key not in response.text.replace("API key", "")
    assert pool.submitted == []


def test_a_key_is_the_client_that_takes_turns(guarded: FlaskClient, pool: FakePool) -> None:
    for key in (ALICE, BOB):
        assert guarded.post("/translation", json=GOOD, headers=bearer(key)).status_code == 200
    assert pool.askers == [("alice", False), ("bob", False)]


@pytest.mark.parametrize("path", ["/health_check", "/health_check/live", "/gpus", "/languages"])
def test_what_holds_no_text_needs_no_key(guarded: FlaskClient, path: str) -> None:
    assert guarded.get(path).status_code == 200


def test_a_request_too_many_is_told_when_to_come_back(guarded: FlaskClient) -> None:
    codes = [
        guarded.post("/translation", json=GOOD, headers=bearer(ALICE)).status_code for _ in range(2)
    ]
    assert codes == [200, 200]
    response = guarded.post("/translation", json=GOOD, headers=bearer(ALICE))
    body = problem(response, 429, "rate-limit")
    assert body["detail"] == "this key may send 2 requests a minute"
    assert 28 <= int(response.headers["Retry-After"]) <= 30
    assert guarded.post("/translation", json=GOOD, headers=bearer(BOB)).status_code == 200


def test_characters_are_counted_over_all_texts(guarded: FlaskClient) -> None:
    body = {**GOOD, "text": ["x" * 25, "y" * 25]}
    assert guarded.post("/translation", json=body, headers=bearer(BOB)).status_code == 200
    response = guarded.post("/translation", json=body, headers=bearer(BOB))
    assert problem(response, 429, "rate-limit")["detail"].startswith("this key may send 60 char")
    assert 39 <= int(response.headers["Retry-After"]) <= 40
    small = {**GOOD, "text": "tiny"}
    assert guarded.post("/translation", json=small, headers=bearer(BOB)).status_code == 200


def test_a_new_key_is_shown_once_and_its_table_lets_it_in(
    capsys: pytest.CaptureFixture[str], pool: FakePool
) -> None:
    assert main(["key", "carol", "--characters-per-minute", "500"]) == 0
    out, err = capsys.readouterr()
    key = err.splitlines()[1]
    assert key not in out
    assert parse_keys(out)["carol"].characters_per_minute == 500
    client = create_app(services_for(pool, api_keys_toml=KEYS + out)).test_client()
    assert client.post("/translation", json=GOOD, headers=bearer(key)).status_code == 200
    assert pool.askers == [("carol", False)]
