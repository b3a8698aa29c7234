"""A server that processes jobs in front of a fake pool, and can be restarted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.app import create_app
from server.core.settings import Settings
from server.jobs.store import open_jobs
from server.services import Services, make_services
from tests.fakes import FakePool, one_model
from tests.http.jobs.client import Start


@pytest.fixture
def start(pool: FakePool, tmp_path: Path) -> Iterator[Start]:
    running: list[Services] = []

    def start(**settings: Any) -> FlaskClient:
        while running:
            stop(running.pop())
        defaults = {
            "port": 0, "max_texts": 4, "max_characters": 100, "http_threads": 8,
            "jobs": tmp_path / "jobs",
        }  # fmt: skip
        values = Settings(**{**defaults, **settings})
        services = make_services(pool, one_model(), values, open_jobs(values))
        running.append(services)
        if services.jobs is not None:
            services.jobs.start()
        return create_app(services).test_client()

    yield start
    pool.refusal = None
    for services in running:
        stop(services)


def stop(services: Services) -> None:
    if services.jobs is not None:
        services.jobs.close()


@pytest.fixture
def client(start: Start) -> FlaskClient:
    return start()
