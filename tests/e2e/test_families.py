"""NLLB-200 and SMaLL-100 behind HTTP, alone and together; they are tiny, their weights random."""

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
    flags = ("--devices", "cpu", "--dtype", "float32", "--engine", "ctranslate2", "--beams", "1")
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


class TestTwoModels:
    """The bundled model for its languages, and NLLB-200 for the others and for French."""

    @pytest.fixture(scope="class", params=["1", "2"])
    def server(
        self,
        request: pytest.FixtureRequest,
        tmp_path_factory: pytest.TempPathFactory,
        cache: Path,
    ) -> Iterator[Server]:
        folder = make_nllb(tmp_path_factory.mktemp("families") / "nllb")
        running = start(
            cache, "--model", "bundled", "--model", f"nllb={folder}", "--route", "fr=nllb",
            "--devices", "cpu", "--fronts", request.param,
        )  # fmt: skip
        running.wait_until("ok")
        yield running
        stop(running)

    @pytest.mark.parametrize(
        ("target", "model"), [("de", "bundled"), ("fr", "nllb"), ("swh_Latn", "nllb")]
    )
    def test_the_model_depends_on_the_languages(
        self, server: Server, target: str, model: str
    ) -> None:
        body = {"text": TEXT, "source_language": "en", "target_language": target}
        answer = server.client.post("/translation", json=body).json()
        assert (answer["target_language"], answer["model"]) == (target, model)

    def test_a_request_may_name_the_model(self, server: Server) -> None:
        answers = [
            server.client.post(
                "/translation",
                json={
                    "text": TEXT,
                    "source_language": "en",
                    "target_language": "de",
                    "model": name,
                },
            ).json()
            for name in ("bundled", "nllb", "bundled")
        ]
        assert [answer["model"] for answer in answers] == ["bundled", "nllb", "bundled"]
        texts = [answer["translation"] for answer in answers]
        assert texts[0] == texts[2] != texts[1], "the cache tells models apart"

    def test_status_and_languages_tell_of_both(self, server: Server) -> None:
        assert server.get("/health_check")["models"] == {"bundled": "ok", "nllb": "ok"}
        rows = {(row["worker"], row["model"]) for row in server.get("/gpus")["gpus"]}
        assert rows == {("cpu/bundled", "bundled"), ("cpu/nllb", "nllb")}
        languages = {each["code"]: each for each in server.get("/languages")}
        assert len(languages) == 202
        assert [model["name"] for model in languages["de"]["models"]] == ["bundled", "nllb"]
        assert "forbids commercial use" in languages["ace_Latn"]["models"][0]["licence"]
