"""NLLB-200 and SMaLL-100 behind HTTP; the models are tiny and their weights random."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Server, start, stop
from tests.unit.translator.families import make_nllb, make_small100

pytestmark = pytest.mark.slow
TEXT = "Where is the station?"


@pytest.fixture(scope="module", params=[make_nllb, make_small100])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, cache: Path
) -> Iterator[Server]:
    make: Callable[[Path], Path] = request.param
    folder = make(tmp_path_factory.mktemp("families") / make.__name__)
    flags = ("--devices", "cpu", "--dtype", "float32", "--beams", "1")
    running = start(cache, "--model", str(folder), *flags)
    running.wait_until("ok")
    yield running
    stop(running)


def test_users_codes_mean_the_models_languages(server: Server) -> None:
    codes = {language["code"] for language in server.get("/languages")}
    first, second = ("eng_Latn", "deu_Latn") if len(codes) == 202 else ("en", "de")
    answers = []
    for source, target in (("en", "de"), ("eng_Latn", "deu_Latn"), ("en-GB", "deu")):
        body = {"text": TEXT, "source_language": source, "target_language": target}
        answers.append(server.client.post("/translation", json=body).json())
    assert [(each["source_language"], each["target_language"]) for each in answers] == [
        (first, second)
    ] * 3
    assert len({each["translation"] for each in answers}) == 1


def test_the_language_is_detected(server: Server) -> None:
    body = {"text": TEXT, "source_language": "auto", "target_language": "de"}
    assert server.client.post("/translation", json=body).json()["source_language"] in (
        "eng_Latn",
        "en",
    )


def test_an_unknown_language_gets_a_suggestion(server: Server) -> None:
    body = {"text": TEXT, "source_language": "en", "target_language": "germann"}
    answer = server.client.post("/translation", json=body)
    assert answer.status_code == 400
    assert "did you mean de" in answer.json()["detail"]


def test_documents_name_the_language_by_its_tag(server: Server) -> None:
    page = b'<html lang="en"><body><p>Where is the station?</p></body></html>'
    answer = server.client.post(
        "/translation/file",
        files={"file": ("a.html", page)},
        data={"source_language": "en", "target_language": "deu_Latn"},
    )
    assert '<html lang="de">' in answer.text
    detected = server.client.post("/detect", data={"q": "Where is the station?"}).json()
    assert detected[0]["language"] == "en"


def test_clients_of_deepl_find_their_own_codes(server: Server) -> None:
    codes = {row["language"] for row in server.get("/v2/languages?type=target")}
    assert {"DE", "EN-GB", "PT-BR"} <= codes
    assert not any("_" in code for code in codes)
    body = {"text": [TEXT], "target_lang": "DE"}
    [answer] = server.client.post("/v2/translate", json=body).json()["translations"]
    assert answer["detected_source_language"] == "EN"
