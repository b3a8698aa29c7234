"""A server with two models: requests that name one, routes, languages, status."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from gpu_pool.status import ModelStatus
from server.app import create_admin_app, create_app
from server.core.models import Models
from server.core.settings import Settings
from server.jobs.store import open_jobs
from server.services import Services, make_services
from tests.fakes import FakePool, served_model, worker_status

M2M = ("en", "de", "br")
NLLB = ("eng_Latn", "deu_Latn", "swh_Latn")
ENGLISH = "Where is the nearest railway station, please?"
SWAHILI = "Kituo cha treni kilicho karibu kiko wapi, tafadhali?"


def small(text: str) -> str:
    return text.lower()


def document() -> tuple[BytesIO, str]:
    return BytesIO(b"Ab"), "a.txt"


def models(**routes: str) -> Models:
    """Return "m2m", which writes capitals, and "nllb", which writes small letters."""
    other = FakePool(translate=small)
    second = replace(served_model("nllb", NLLB), translated_by=lambda pool, cache: other)
    return Models([served_model("m2m", M2M), second], routes)


@pytest.fixture
def services(tmp_path: Path) -> Services:
    settings = Settings(port=0, jobs=tmp_path / "jobs")
    return make_services(FakePool(), models(), settings, open_jobs(settings))


@pytest.fixture
def client(services: Services) -> FlaskClient:
    return create_app(services).test_client()


def ask(client: FlaskClient, source: str, target: str, **more: object) -> tuple[str, str]:
    """Return the translation and the model's name."""
    body = {"text": "Ab", "source_language": source, "target_language": target, **more}
    answer = client.post("/translation", json=body)
    assert answer.status_code == 200, answer.text
    return answer.get_json()["translation"], answer.get_json()["model"]


def test_the_first_model_serves_what_it_can_and_the_next_one_the_rest(client: FlaskClient) -> None:
    assert ask(client, "en", "de") == ("AB", "m2m")
    assert ask(client, "en", "sw") == ("ab", "nllb")
    assert ask(client, "br", "deu_Latn") == ("AB", "m2m")


def test_a_request_names_a_model(client: FlaskClient) -> None:
    assert ask(client, "en", "de", model="nllb") == ("ab", "nllb")
    assert ask(client, "en", "de", model=None) == ("AB", "m2m")


@pytest.mark.parametrize(
    ("source", "target", "model", "field", "message"),
    [
        ("en", "de", "other", "model", "model must be one of m2m, nllb"),
        ("br", "de", "nllb", "source_language", "must be one of auto, de, en, swh_Latn"),
        ("en", "sw", "m2m", "target_language", "must be one of br, de, en"),
        ("br", "sw", None, "target_language", "no model translates from br to swh_Latn"),
        ("en", "eng_Latn", None, "target_language", "are both en"),
        ("en", "de", 3, "model", "must be a string"),
    ],
)
def test_what_no_model_translates_is_refused(
    client: FlaskClient, source: str, target: str, model: object, field: str, message: str
) -> None:
    body = {"text": "a", "source_language": source, "target_language": target, "model": model}
    answer = client.post("/translation", json=body)
    assert answer.status_code == 400
    assert answer.get_json()["field"] == field
    assert message in answer.get_json()["detail"]


def test_routes_choose_for_requests_and_for_other_dialects() -> None:
    client = create_app(make_services(FakePool(), models(de="nllb"), Settings())).test_client()
    assert ask(client, "en", "de") == ("ab", "nllb")
    assert ask(client, "de", "en") == ("ab", "nllb")
    assert ask(client, "br", "en") == ("AB", "m2m")
    body = {"text": ["Ab"], "source_lang": "EN", "target_lang": "DE"}
    deepl = client.post("/v2/translate", json=body)
    assert deepl.get_json()["translations"][0]["text"] == "ab"
    libre = client.post("/translate", json={"q": "Ab", "source": "en", "target": "de"})
    assert libre.get_json()["translatedText"] == "ab"


def test_texts_of_one_request_may_need_two_models(client: FlaskClient) -> None:
    body = {
        "text": [ENGLISH, SWAHILI, ENGLISH],
        "source_language": "auto",
        "target_language": "de",
    }
    answer = client.post("/translation", json=body).get_json()
    assert answer["source_language"] == ["en", "swh_Latn", "en"]
    assert answer["model"] == ["m2m", "nllb", "m2m"]
    assert answer["translation"] == [ENGLISH.upper(), SWAHILI.lower(), ENGLISH.upper()]


def test_a_named_model_detects_its_own_languages_only(client: FlaskClient) -> None:
    body = {"text": SWAHILI, "source_language": "auto", "target_language": "de", "model": "m2m"}
    assert client.post("/translation", json=body).get_json()["source_language"] in ("en", "br")


def test_languages_say_which_models_have_them(client: FlaskClient) -> None:
    found = {each["code"]: each for each in client.get("/languages").get_json()}
    assert set(found) == {"en", "de", "br", "swh_Latn"}
    names = {code: [model["name"] for model in each["models"]] for code, each in found.items()}
    assert names == {
        "en": ["m2m", "nllb"],
        "de": ["m2m", "nllb"],
        "br": ["m2m"],
        "swh_Latn": ["nllb"],
    }
    assert found["br"]["targets"] == ["de", "en"]
    assert found["en"]["models"][0] == {"name": "m2m", "licence": "MIT"}


def test_documents_and_jobs_name_a_model(client: FlaskClient, services: Services) -> None:
    form = {"source_language": "en", "target_language": "de", "model": "nllb"}
    answer = client.post("/translation/file", data={**form, "file": document()})
    assert answer.status_code == 200
    assert answer.data == b"ab"
    assert services.jobs is not None
    services.jobs.start()
    for body in ({"json": {"text": ["Ab"], **form}}, {"data": {**form, "file": document()}}):
        job = client.post("/translation/jobs", **body).get_json()
        assert job["model"] == "nllb"
        events = client.get(job["events_url"]).text
        assert '"translation": "ab"' in events
    services.jobs.stop()
    services.jobs.close()


def test_job_results_say_which_model_translated(client: FlaskClient, services: Services) -> None:
    assert services.jobs is not None
    body = {"text": [ENGLISH, SWAHILI], "source_language": "auto", "target_language": "de"}
    job = client.post("/translation/jobs", json=body).get_json()
    assert "model" not in job
    assert client.get(job["result_url"] + "?from=0").get_json()["model"] is None
    services.jobs.start()
    assert "event: done" in client.get(job["events_url"]).text
    assert client.get(job["result_url"]).get_json()["model"] == ["m2m", "nllb"]
    services.jobs.stop()
    services.jobs.close()


def test_a_job_whose_model_is_gone_says_so(tmp_path: Path, services: Services) -> None:
    body = {"text": ["Ab"], "source_language": "en", "target_language": "sw"}
    job = create_app(services).test_client().post("/translation/jobs", json=body).get_json()
    assert services.jobs is not None
    services.jobs.stop()
    services.jobs.close()
    settings = services.settings
    alone = Models([served_model("m2m", M2M)])
    later = make_services(FakePool(), alone, settings, open_jobs(settings))
    assert later.jobs is not None
    client = create_app(later).test_client()
    later.jobs.start()
    assert "event: failed" in client.get(job["events_url"]).text
    state = client.get(job["url"]).get_json()
    assert state["error"] == "no model translates from en to swh_Latn"
    later.jobs.stop()
    later.jobs.close()


class TestStatus:
    """A pool with a worker of each model on one device."""

    @pytest.fixture
    def admin(self) -> FlaskClient:
        pool = FakePool()
        pool.workers = [
            replace(worker_status("cuda:0", model=name), label=f"cuda:0/{name}")
            for name in ("m2m", "nllb")
        ]
        pool.models = (ModelStatus("m2m", "ok", 1, 10), ModelStatus("nllb", "degraded", 2, 20))
        return create_admin_app(make_services(pool, models(), Settings())).test_client()

    def test_health_names_the_models(self, admin: FlaskClient) -> None:
        health = admin.get("/health_check").get_json()
        assert health["model"] == "m2m"
        assert health["models"] == {"m2m": "ok", "nllb": "degraded"}
        assert set(health["engines"]) == {"cuda:0/m2m", "cuda:0/nllb"}

    def test_rows_say_which_model_a_worker_has(self, admin: FlaskClient) -> None:
        status = admin.get("/gpus").get_json()
        rows = [(row["device"], row["worker"], row["model"]) for row in status["gpus"]]
        assert rows == [("cuda:0", "cuda:0/m2m", "m2m"), ("cuda:0", "cuda:0/nllb", "nllb")]
        assert (status["queued_segments"], status["queued_tokens"]) == (3, 30)
        assert status["models"]["nllb"] == {
            "state": "degraded",
            "queued_segments": 2,
            "queued_tokens": 20,
        }

    def test_metrics_have_the_model_as_label_and_a_device_once(self, admin: FlaskClient) -> None:
        text = admin.get("/metrics").text
        assert 'm2m_worker_tokens_total{device="cuda:0",model="nllb"} 0.0' in text
        assert 'm2m_queue_tokens{model="nllb"} 20.0' in text
        assert text.count('m2m_gpu_memory_used_bytes{device="cuda:0"}') == 1

    def test_a_worker_of_one_model_restarts(self, admin: FlaskClient) -> None:
        rows = admin.post("/gpus/cuda:0/nllb/restart").get_json()["gpus"]
        assert [(row["model"], row["state"]) for row in rows] == [("nllb", "restarting")]
