"""One server on the bundled model, for all that the documentation says."""

import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agreement import near_best
from tests.docs.translations import Wording
from tests.e2e.conftest import Server, start, stop
from translator import Translator, TranslatorConfig


@pytest.fixture(scope="session")
def documented(cache: Path) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as jobs:
        server = start(cache, "--jobs", jobs, "--engine", "auto")  # the default: it is measured
        server.wait_until("ok")
        yield server
        stop(server)


@pytest.fixture(scope="session")
def wording(documented: Server, cache: Path) -> Wording:
    """What the model says, asked without a server."""
    translator = Translator(TranslatorConfig(cache=cache, threads=1))

    @functools.cache
    def answers(text: str, source: str, target: str) -> set[str]:
        return near_best(translator, text, source, target)

    return Wording(answers)
