"""Every API suggests what an unknown language may mean, and takes codes of several standards."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.app import create_app
from server.core.settings import Settings
from server.services import make_services
from tests.fakes import FakePool, one_model
from translator.models.flores import FLORES_CODES

TEXT = "Good morning."


@pytest.fixture
def client(pool: FakePool, settings: Settings) -> FlaskClient:
    """With the languages of NLLB-200."""
    models = one_model(languages=FLORES_CODES)
    return create_app(make_services(pool, models, settings)).test_client()


def ask(client: FlaskClient, api: str, code: str) -> TestResponse:
    requests: dict[str, tuple[str, dict[str, Any]]] = {
        "own": (
            "/translation",
            {"json": {"text": TEXT, "source_language": "en", "target_language": code}},
        ),
        "libretranslate": ("/translate", {"json": {"q": TEXT, "source": "en", "target": code}}),
        "deepl": (
            "/v2/translate",
            {"json": {"text": [TEXT], "source_lang": "EN", "target_lang": code}},
        ),
        "google": (
            "/language/translate/v2",
            {"json": {"q": TEXT, "source": "en", "target": code}},
        ),
        "microsoft": (
            f"/translate?api-version=3.0&from=en&to={code}",
            {"json": [{"Text": TEXT}]},
        ),
        "nllb-serve": (
            "/translate",
            {"json": {"source": TEXT, "src_lang": "eng_Latn", "tgt_lang": code}},
        ),
        "nllb-api": (
            "/api/v4/translator",
            {"json": {"text": TEXT, "source": "eng_Latn", "target": code}},
        ),
    }
    path, request = requests[api]
    return client.post(path, **request)


APIS = ("own", "libretranslate", "deepl", "google", "microsoft", "nllb-serve", "nllb-api")


@pytest.mark.parametrize("api", APIS)
def test_an_unknown_language_gets_a_suggestion(client: FlaskClient, api: str) -> None:
    response = ask(client, api, "cz")
    assert response.status_code == 400
    assert "did you mean ces_Latn (Czech)?" in response.text
    assert "did you mean" not in ask(client, api, "qq").text


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("zh-TW", "zho_Hant"), ("zh", "zho_Hans"), ("no", "nob_Latn"), ("iw", "heb_Hebr"),
        ("ger", "deu_Latn"), ("pt-BR", "por_Latn"), ("srp_Cyrl", "srp_Cyrl"), ("tl", "tgl_Latn"),
    ],
)  # fmt: skip
def test_codes_of_other_standards_are_understood(
    client: FlaskClient, pool: FakePool, api: str, code: str, meant: str
) -> None:
    response = ask(client, api, code)
    assert response.status_code == 200, response.text
    assert [segment.options.target for segment in pool.submitted] == [meant]
