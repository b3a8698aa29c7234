"""The bundled model for its languages, NLLB-200 for the others and for French, in one server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Server, start, stop
from tests.unit.translator.families import make_nllb

pytestmark = pytest.mark.slow
TEXT = "Where is the station?"


@pytest.fixture(scope="module")
def nllb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_nllb(tmp_path_factory.mktemp("families") / "nllb")


@pytest.fixture(scope="module", params=["1", "2"])
def server(request: pytest.FixtureRequest, nllb: Path, cache: Path) -> Iterator[Server]:
    running = start(
        cache, "--model", "bundled", "--model", f"nllb={nllb}", "--route", "fr=nllb",
        "--devices", "cpu", "--fronts", request.param,
    )  # fmt: skip
    running.wait_until("ok")
    yield running
    stop(running)


@pytest.mark.parametrize(
    ("target", "model"), [("de", "bundled"), ("fr", "nllb"), ("swh_Latn", "nllb")]
)
def test_the_model_depends_on_the_languages(server: Server, target: str, model: str) -> None:
    body = {"text": TEXT, "source_language": "en", "target_language": target}
    answer = server.client.post("/translation", json=body).json()
    assert (answer["target_language"], answer["model"]) == (target, model)


def test_a_request_may_name_the_model(server: Server) -> None:
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


def test_status_and_languages_tell_of_both(server: Server) -> None:
    assert server.get("/health_check")["models"] == {"bundled": "ok", "nllb": "ok"}
    rows = {(row["worker"], row["model"]) for row in server.get("/gpus")["gpus"]}
    assert rows == {("cpu/bundled", "bundled"), ("cpu/nllb", "nllb")}
    languages = {each["code"]: each for each in server.get("/languages")}
    assert len(languages) == 202
    assert [model["name"] for model in languages["de"]["models"]] == ["bundled", "nllb"]
    assert "forbids commercial use" in languages["ace_Latn"]["models"][0]["licence"]
