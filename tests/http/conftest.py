"""A pool that does as told, and the application in front of it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.app import create_app
from server.core.settings import Settings
from server.services import make_services
from tests.fakes import FakePool, one_model


@pytest.fixture
def pool() -> FakePool:
    return FakePool()


@pytest.fixture
def settings() -> Settings:
    return Settings(port=0, max_texts=4, max_characters=100, timeout=9.0, http_threads=2)


@pytest.fixture
def app(pool: FakePool, settings: Settings) -> Flask:
    return create_app(make_services(pool, one_model(), settings))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
