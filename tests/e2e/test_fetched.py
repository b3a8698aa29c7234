"""A server with a model folder made by `m2m-server fetch`."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agreement import near_best
from tests.e2e.conftest import COMMAND, Server, start, stop
from translator import Translator
from translator.models.checkpoints import BUNDLED_FOLDER

TEXT = "Where is the station?"


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "small"
    subprocess.run([COMMAND, "fetch", "bundled", str(folder)], check=True, timeout=180)
    return folder


@pytest.fixture
def offline(
    fetched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Server, Path]]:
    """A server without network access, and its cache folder."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    server = start(tmp_path / "cache", "--devices", "cpu", "--model", str(fetched))
    server.wait_until("ok")
    yield server, tmp_path / "cache"
    stop(server)


def test_it_starts_offline_and_converts_nothing(
    fetched: Path, offline: tuple[Server, Path], in_process: Translator
) -> None:
    server, cache = offline
    assert server.translate(TEXT, "en", "de") in near_best(in_process, TEXT, "en", "de")
    assert server.terminate() == 0
    assert not list(cache.rglob("model.bin"))
    names = {path.name for path in fetched.iterdir()}
    assert {path for path in names if not path.startswith("ctranslate2-")} == {
        *("README.md", "config.json", "generation_config.json", "manifest.json"),
        *("sentencepiece.bpe.model", "tokenizer_config.json", "vocab.json"),
        *(path.name for path in BUNDLED_FOLDER.glob("model*")),
    }


def test_a_truncated_file_stops_the_start(fetched: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(fetched, tmp_path / "damaged")
    (converted,) = folder.glob("ctranslate2-*/model.bin")
    converted.write_bytes(converted.read_bytes()[:-1])
    result = subprocess.run(
        [COMMAND, "--devices", "cpu", "--model", str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert "model.bin has" in result.stderr
    assert "fetch the model again" in result.stderr
