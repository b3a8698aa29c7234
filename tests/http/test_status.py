"""The routes that only read, and those that do not exist."""

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from gpu_pool.messages import EngineInfo
from gpu_pool.status import GpuStatus
from server.app import create_app
from server.core.settings import Settings
from server.services import make_services
from tests.fakes import KERNELS, FakePool, one_model, worker_status
from translator.models.flores import FLORES_CODES


@pytest.mark.parametrize(
    ("state", "code"),
    [("ok", 200), ("degraded", 200), ("loading", 503), ("draining", 503), ("dead", 503)],
)
def test_health_is_that_of_the_pool(
    client: FlaskClient, pool: FakePool, state: Any, code: int
) -> None:
    pool.state = state
    pool.workers[1] = worker_status("cuda:1", "backoff")
    response = client.get("/health_check")
    assert response.status_code == code
    body = response.get_json()
    assert body["status"] == state
    assert body["workers"] == {"ready": 1, "total": 2}
    engine = {"name": "inflight", "dtype": "bfloat16", "reason": "asked for", "kernels": KERNELS}
    assert body["engines"] == {"cuda:0": engine, "cuda:1": engine}
    assert body["version"]


def test_liveness_does_not_depend_on_the_pool(client: FlaskClient, pool: FakePool) -> None:
    pool.state = "dead"
    assert client.get("/health_check/live").status_code == 200


def test_gpus_are_one_row_a_worker(client: FlaskClient, pool: FakePool) -> None:
    gpu = replace(pool.workers[0].gpus[0], utilisation=97)
    pool.workers[0] = replace(pool.workers[0], gpus=(gpu,), last_error="exit code 1")
    body = client.get("/gpus").get_json()
    assert [row["device"] for row in body["gpus"]] == ["cuda:0", "cuda:1"]
    assert body["gpus"][0]["utilisation"] == 97
    assert body["gpus"][0]["last_error"] == "exit code 1"
    assert body["gpus"][1]["utilisation"] is None
    assert (body["queued_segments"], body["queued_tokens"]) == (0, 0)


def test_a_group_has_a_row_for_each_of_its_devices(client: FlaskClient, pool: FakePool) -> None:
    gpus = (GpuStatus("cuda:0", memory_free=1), GpuStatus("cuda:1", memory_free=2))
    pool.workers = [
        replace(pool.workers[0], device="cuda:0+cuda:1", label="cuda:0+cuda:1", gpus=gpus, pid=7)
    ]
    rows = client.get("/gpus").get_json()["gpus"]
    assert [(row["device"], row["memory_free"]) for row in rows] == [("cuda:0", 1), ("cuda:1", 2)]
    assert {(row["worker"], row["pid"]) for row in rows} == {("cuda:0+cuda:1", 7)}
    assert client.get("/health_check").get_json()["workers"] == {"ready": 1, "total": 1}


def test_every_device_says_what_decodes_on_it_and_why(client: FlaskClient, pool: FakePool) -> None:
    reason = "fastest of 2 measured (tokens/s under load and alone): …"
    engine = EngineInfo("ctranslate2", "bfloat16", reason)
    pool.workers[0] = replace(pool.workers[0], engine=engine)
    pool.workers[1] = replace(pool.workers[1], engine=None, state="starting")
    first, second = client.get("/gpus").get_json()["gpus"]
    told = {"name": "ctranslate2", "dtype": "bfloat16", "reason": reason, "kernels": {}}
    assert (first["engine"], second["engine"]) == (told, None)
    assert client.get("/health_check").get_json()["engines"] == {"cuda:0": told}


def test_languages_are_sorted_by_code(client: FlaskClient) -> None:
    languages = client.get("/languages").get_json()
    assert [entry["code"] for entry in languages] == ["de", "en", "fr", "he", "pt"]
    german = {
        "code": "de",
        "tag": "de",
        "name": "German",
        "detected": True,
        "targets": ["en", "fr", "he", "pt"],
        "native_name": "Deutsch",
        "script": "Latn",
        "direction": "ltr",
        "aliases": ["deu", "ger"],
        "models": [{"name": "fake", "licence": "MIT"}],
    }
    assert languages[0] == german


def test_languages_that_are_not_detected_say_so(pool: FakePool, settings: Settings) -> None:
    models = one_model(languages=FLORES_CODES)
    client = create_app(make_services(pool, models, settings)).test_client()
    languages = {each["code"]: each for each in client.get("/languages").get_json()}
    assert len(languages) == 202
    shown = ("tag", "native_name", "direction", "detected")
    assert [languages["zho_Hant"][each] for each in shown] == [
        "zh-Hant",
        "中文 (繁體)",
        "ltr",
        True,
    ]
    assert [languages["arb_Arab"][each] for each in shown] == ["ar", "العربية", "rtl", True]
    assert [languages["fij_Latn"][each] for each in shown] == ["fj", "Fijian", "ltr", False]


@pytest.mark.parametrize("path", ["/nothing", "/translations", "//translation", "/translation//"])
def test_an_unknown_route_is_a_problem(client: FlaskClient, path: str) -> None:
    response = client.post(path, json={})
    assert response.status_code == 404
    assert response.mimetype == "application/problem+json"
    assert response.get_json(force=True)["type"] == "urn:m2m-server:not-found"


def test_a_wrong_method_is_a_problem_that_names_the_right_one(client: FlaskClient) -> None:
    response = client.get("/translation")
    assert response.status_code == 405
    assert response.mimetype == "application/problem+json"
    assert "POST" in response.headers["Allow"]
