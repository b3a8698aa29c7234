"""One server on the bundled model, for all that the documentation says."""

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.agreement import near_best
from tests.docs.translations import Wording
from tests.e2e.conftest import Server, start, stop
from translator import Translator, TranslatorConfig


@pytest.fixture(scope="session")
def documented_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("docs-cache")


@pytest.fixture(scope="session")
def documented(documented_cache: Path) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as jobs:
        server = start(documented_cache, "--jobs", jobs)
        server.wait_until("ok")
        yield server
        stop(server)


@pytest.fixture(scope="session")
def wording(documented: Server, documented_cache: Path) -> Wording:
    """What the model says, asked without a server, once the server has filled the cache."""
    translator = Translator(TranslatorConfig(cache=documented_cache))

    @cache
    def answers(text: str, source: str, target: str) -> set[str]:
        return near_best(translator, text, source, target)

    return Wording(answers)
