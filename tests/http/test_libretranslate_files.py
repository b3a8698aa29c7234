"""LibreTranslate's /translate_file, and the file that its answer names."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from documents import FORMATS
from gpu_pool.errors import TranslationError
from server.app import create_app
from server.auth.keys import digest_of
from server.core.settings import Settings
from server.database.interface import Row
from server.http.waitress_server import HttpServer
from server.jobs.jobs import Jobs
from server.jobs.store import open_jobs
from server.services import Services, make_services
from tests.fakes import FakePool, one_model

KEYS = f'[argos]\nsha256 = "{digest_of("the-key")}"\n'
ANN = f'[ann]\nsha256 = "{digest_of("hers")}"\n'
PLACE = "http://localhost/download_file/"

Make = Callable[..., Services]


@pytest.fixture
def make(tmp_path: Path, pool: FakePool) -> Iterator[Make]:
    """Return a function that makes services whose jobs are processed."""
    made: list[Services] = []

    def start(**values: Any) -> Services:
        settings = Settings(port=0, jobs=tmp_path / "jobs", max_characters=100, **values)
        services = make_services(pool, one_model(), settings, open_jobs(settings))
        assert services.jobs is not None
        services.jobs.start()
        made.append(services)
        return services

    yield start
    for services in made:
        assert services.jobs is not None
        services.jobs.close()


@pytest.fixture
def services(make: Make) -> Services:
    return make()


@pytest.fixture
def client(services: Services) -> FlaskClient:
    return create_app(services).test_client()


def send(
    client: FlaskClient, text: str = "one", name: str = "my notes.txt", **more: Any
) -> TestResponse:
    fields = {"source": "en", "target": "de"} | more.pop("fields", {})
    form = fields | {"file": (BytesIO(text.encode()), name)}
    return client.post("/translate_file", data=form, content_type="multipart/form-data", **more)


def job_count(services: Services) -> int:
    assert services.jobs is not None
    return services.jobs.store.usage()[0]


def test_the_answer_names_the_result(client: FlaskClient) -> None:
    answer = send(client)
    url = answer.get_json()["translatedFileUrl"]
    assert answer.status_code == 200
    assert url.startswith(PLACE)
    assert unquote(url).endswith(".my notes_de.txt")
    for _ in range(2):
        result = client.get(url.removeprefix("http://localhost"))
        assert (result.status_code, result.text) == (200, "ONE")
        assert "my notes.de.txt" in result.headers["Content-Disposition"]


def test_a_file_may_be_larger_than_a_request(client: FlaskClient) -> None:
    """100 characters are the limit of texts that a client waits for."""
    text = "\n\n".join(f"Paragraph {i}." for i in range(50))
    url = send(client, text, fields={"source": "auto"}).get_json()["translatedFileUrl"]
    assert client.get(url.removeprefix("http://localhost")).text == text.upper()


def test_the_settings_list_the_formats(client: FlaskClient) -> None:
    shown = client.get("/frontend/settings").get_json()
    assert shown["filesTranslation"]
    assert shown["supportedFilesFormat"] == sorted(FORMATS)


def test_without_jobs_there_are_no_files(pool: FakePool, settings: Settings) -> None:
    client = create_app(make_services(pool, one_model(), settings)).test_client()
    shown = client.get("/frontend/settings").get_json()
    assert (shown["filesTranslation"], shown["supportedFilesFormat"]) == (False, [])
    for response in (send(client), client.get("/download_file/x.txt")):
        assert response.status_code == 403
        assert response.get_json() == {"error": "Files translation are disabled on this server."}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "scan.pdf"}, ".pdf files are not read"),
        ({"name": "bad.json", "text": "{"}, "file: "),
        ({"fields": {"source": ""}}, "Invalid request: missing source parameter"),
        ({"fields": {"target": ""}}, "Invalid request: missing target parameter"),
        ({"fields": {"target": "zz"}}, "zz is not supported"),
        ({"fields": {"target": "auto"}}, "target must be one of"),
    ],
)
def test_a_wrong_request(client: FlaskClient, change: dict[str, Any], message: str) -> None:
    response = send(client, **change)
    assert response.status_code == 400
    assert list(response.get_json()) == ["error"]
    assert response.get_json()["error"].startswith(message)


def test_a_request_without_a_file(client: FlaskClient) -> None:
    for form in ({"source": "en", "target": "de"}, {"source": "en", "target": "de", "file": "x"}):
        response = client.post("/translate_file", data=form)
        assert (response.status_code, response.get_json()) == (400, {"error": "file is missing"})


def test_a_text_that_fails_fails_the_file(
    client: FlaskClient, services: Services, pool: FakePool
) -> None:
    pool.failures["secret"] = TranslationError("too little memory")
    response = send(client, "one\n\nsecret\n\ntwo")
    assert (response.status_code, list(response.get_json())) == (500, ["error"])
    assert "secret" not in response.text
    assert job_count(services) == 0


def unfinished(jobs: Jobs) -> list[Row]:
    query = "SELECT id FROM jobs WHERE status IN ('queued', 'running')"
    return jobs.store._database.select(query)


def test_a_file_that_takes_too_long_is_given_up(make: Make, pool: FakePool) -> None:
    services = make(max_timeout=0.01, timeout=0.01)
    pool.holding = True
    response = send(create_app(services).test_client())
    assert (response.status_code, list(response.get_json())) == (504, ["error"])
    assert services.jobs is not None
    assert unfinished(services.jobs) == []


def test_a_file_that_nobody_waits_for_is_given_up(
    client: FlaskClient, services: Services, pool: FakePool
) -> None:
    pool.holding = True
    gone = {"waitress.client_disconnected": lambda: True}
    assert send(client, environ_overrides=gone).status_code == 499
    assert services.jobs is not None
    assert unfinished(services.jobs) == []


def test_a_server_that_stops_says_so(
    client: FlaskClient, services: Services, pool: FakePool
) -> None:
    pool.holding = True
    assert services.jobs is not None
    services.jobs.changes.close()
    assert send(client).status_code == 503
    assert unfinished(services.jobs) == []  # nobody would fetch the result


def test_the_result_needs_no_key_but_other_jobs_do(make: Make) -> None:
    services = make(api_keys_toml=KEYS + ANN)
    client = create_app(services).test_client()
    assert send(client).status_code == 400
    assert send(client, fields={"api_key": "wrong"}).status_code == 403
    assert send(client, headers={"Authorization": "Bearer wrong"}).status_code == 403
    url = send(client, fields={"api_key": "the-key"}).get_json()["translatedFileUrl"]
    path = url.removeprefix("http://localhost")
    assert client.get(path).text == "ONE"
    job = path.removeprefix("/download_file/").partition(".")[0]
    hers = {"Authorization": "Bearer hers"}
    assert client.get(f"/translation/jobs/{job}", headers=hers).status_code == 404
    form = {"source_language": "en", "target_language": "de", "file": (BytesIO(b"two"), "two.txt")}
    other = client.post("/translation/jobs", data=form, headers=hers).get_json()["id"]
    for name in (f"{other}.two.txt", "unknown.txt", "..%2f..%2fetc%2fpasswd", f"{job[:-1]}.txt"):
        response = client.get(f"/download_file/{name}")
        assert (response.status_code, list(response.get_json())) == (404, ["error"])


def test_files_count_for_the_rate_of_a_key(make: Make) -> None:
    limited = KEYS + "characters_per_minute = 3\n"
    client = create_app(make(api_keys_toml=limited)).test_client()
    answers = [send(client, fields={"api_key": "the-key"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert "Retry-After" in answers[1].headers


def test_the_address_is_that_of_a_trusted_proxy(make: Make) -> None:
    services = make(trusted_proxy="127.0.0.1")
    server = HttpServer(create_app(services), services.settings)
    server.start()
    headers = {
        "X-Forwarded-Prefix": "/mt",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "api.example.org",
    }
    form = {"source": "en", "target": "de"}
    files = {"file": ("a.txt", b"one")}
    try:
        through = httpx.post(
            f"{server.url}/translate_file", data=form, files=files, headers=headers
        )
        direct = httpx.post(f"{server.url}/translate_file", data=form, files=files)
        url = direct.json()["translatedFileUrl"]
        assert url.startswith(f"{server.url}/download_file/")
        assert httpx.get(url).text == "ONE"
    finally:
        server.close()
    assert through.json()["translatedFileUrl"].startswith(
        "https://api.example.org/mt/download_file/"
    )
    untrusted = replace(services, settings=Settings(port=0))
    server = HttpServer(create_app(untrusted), untrusted.settings)
    server.start()
    try:
        ignored = httpx.post(
            f"{server.url}/translate_file", data=form, files=files, headers=headers
        )
    finally:
        server.close()
    assert ignored.json()["translatedFileUrl"].startswith(server.url)
