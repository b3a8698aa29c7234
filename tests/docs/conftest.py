"""One server on the bundled model, for all that the documentation says."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Server, start, stop


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
