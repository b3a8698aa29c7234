"""Who may ask, how much, and from whose pages."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.__main__ import main
from server.app import create_admin_app, create_app
from server.auth.access import Access
from server.auth.keys import KeyList, KeysError, digest_of, parse_keys
from server.core.errors import RateLimitError, WrongKeyError
from server.core.settings import Settings, load_settings
from server.metrics.front import Metrics
from server.services import Services, make_services
from tests.fakes import FakePool, served_model
from tests.http.test_translation import GOOD, post, problem

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
    return make_services(pool, served_model(), Settings(port=0, **settings))


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


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def access(clock: Time, **rates: int) -> Access:
    table = [f'[c]\nsha256 = "{digest_of("k")}"', *(f"{k} = {v}" for k, v in rates.items())]
    return Access(KeyList(Settings(api_keys_toml="\n".join(table))), Metrics(), clock)


def refused_for(access: Access, characters: int) -> float:
    with pytest.raises(RateLimitError) as raised:
        access.admit("k", characters)
    return raised.value.retry_after


def test_a_bucket_fills_evenly_and_holds_a_minute() -> None:
    clock = Time()
    limited = access(clock, characters_per_minute=60)
    limited.admit("k", 60)
    assert refused_for(limited, 6) == pytest.approx(6)
    clock.now += 6
    limited.admit("k", 6)
    clock.now += 3600
    limited.admit("k", 60)
    assert refused_for(limited, 1) == pytest.approx(1)


def test_what_is_refused_counts_nothing() -> None:
    clock = Time()
    limited = access(clock, requests_per_minute=1, characters_per_minute=60)
    limited.admit("k", 1)
    for _ in range(5):
        assert refused_for(limited, 10) == pytest.approx(60)
    clock.now += 60
    limited.admit("k", 60)


def test_a_text_larger_than_the_rate_is_not_refused_for_ever() -> None:
    clock = Time()
    limited = access(clock, characters_per_minute=60)
    limited.admit("k", 180)  # a full bucket lets it through, and owes two minutes
    assert refused_for(limited, 1) == pytest.approx(121)
    clock.now += 120
    assert refused_for(limited, 180) == pytest.approx(60)
    clock.now += 60
    limited.admit("k", 180)


def test_threads_together_get_no_more_than_the_rate() -> None:
    limited = access(Time(), requests_per_minute=50)
    together = threading.Barrier(8)

    def ask() -> int:
        together.wait()
        admitted = 0
        for _ in range(20):
            try:
                limited.admit("k", 1)
                admitted += 1
            except RateLimitError:
                continue
        return admitted

    with ThreadPoolExecutor(8) as executor:
        assert sum(future.result() for future in [executor.submit(ask) for _ in range(8)]) == 50


DIGEST = digest_of("x")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[a", "no TOML"),
        ("a = 1", "a: "),
        ("[a]", "a.sha256: "),
        ('[a]\nsha256 = "secret"', "a.sha256: must be 64 hexadecimal digits"),
        (f'[a]\nsha256 = "{DIGEST}"\nrequests = 1', "a.requests: "),
        (f'[a]\nsha256 = "{DIGEST}"\nrequests_per_minute = 0', "a.requests_per_minute: "),
        (f'[a]\nsha256 = "{DIGEST}"\nrequests_per_minute = "5"', "a.requests_per_minute: "),
        (f'["a b"]\nsha256 = "{DIGEST}"', "a name may have"),
        (f'[a]\nsha256 = "{DIGEST}"\n[b]\nsha256 = "{DIGEST}"', "two names have one key"),
    ],
)
def test_a_wrong_list_of_keys_says_where(text: str, reason: str) -> None:
    with pytest.raises(KeysError, match=f"^{reason}") as raised:
        parse_keys(text)
    assert "secret" not in str(raised.value)
    assert DIGEST not in str(raised.value)


def test_keys_come_from_a_file_or_a_variable_and_not_from_both(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(KEYS)
    for settings in (
        load_settings(["--api-keys", str(file)], {}),
        load_settings([], {"TRANSLATION_API_KEYS": str(file)}),
        load_settings([], {"TRANSLATION_API_KEYS_TOML": KEYS}),
    ):
        assert set(KeyList(settings).keys) == {"alice", "bob"}
    with pytest.raises(KeysError, match="twice"):
        KeyList(Settings(api_keys=file, api_keys_toml=KEYS))
    with pytest.raises(KeysError, match=r"gone\.toml: No such file"):
        KeyList(Settings(api_keys=tmp_path / "gone.toml"))
    with pytest.raises(KeysError, match="there is none"):
        KeyList(Settings(api_keys_toml="# none"))


def test_a_change_of_the_file_counts_without_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    file, clock, metrics = tmp_path / "keys.toml", Time(), Metrics()
    file.write_text(KEYS)
    limited = Access(KeyList(Settings(api_keys=file)), metrics, clock)
    limited.admit(ALICE, 1)
    limited.admit(ALICE, 1)
    carol = f'\n[carol]\nsha256 = "{digest_of("c")}"\n'
    file.write_text(KEYS.replace("bob", "bert") + carol)
    with pytest.raises(WrongKeyError):
        limited.identify("c")  # looked at once a second at most
    clock.now += 1
    assert (limited.identify("c"), limited.identify(BOB)) == ("carol", "bert")
    with pytest.raises(RateLimitError):  # a key that is as it was has no new share
        limited.admit(ALICE, 1)
    assert "API keys have changed: alice, bert, carol" in caplog.text

    file.write_text("[carol]\nbroken")
    for _ in range(3):
        clock.now += 1
        assert limited.identify("c") == "carol"
    file.unlink()
    for _ in range(3):
        clock.now += 1
        assert limited.identify("c") == "carol"
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(told) == 2  # each once
    assert all(line.startswith(f"API keys stay as they were: {file}: ") for line in told)

    file.write_text("# all are revoked")
    clock.now += 1
    assert limited.required
    with pytest.raises(WrongKeyError):
        limited.identify("c")


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


@pytest.mark.parametrize(
    "arguments", [[], ["a b"], ["é"], ["a", "--requests-per-minute", "0"], ["a", "b"]]
)
def test_a_wrong_command_for_a_key_makes_none(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["key", *arguments])
    assert capsys.readouterr().out == ""


# --- browsers ---------------------------------------------------------------------------------

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
    app = create_app(make_services(pool, served_model(), settings))

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
