"""Chromium in front of the real server, whose pool and devices are fake."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    Page,
    expect,
    sync_playwright,
)

from documents import DocumentOptions
from gpu_pool.status import GpuStatus, WorkerStatus
from server.app import create_app
from server.core.models import Models
from server.core.settings import Settings
from server.database.sqlite import SqliteDatabase
from server.http.waitress_server import HttpServer
from server.jobs.schema import JOBS
from server.jobs.store import JobStore
from server.routes.files import FileRoutes
from server.services import Services, make_services
from tests.browser.contexts import PATIENCE, Contexts
from tests.browser.opener import Opener
from tests.fakes import FakePool, add_recording_format, one_model, worker_status

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--renderer-process-limit=1",
]
GIB = 2**30
MAX_CHARACTERS = 1_000

OpenPage = Callable[..., Page]


def gpu_worker(device: str, used: int = 30, load: int = 40, **changes: Any) -> WorkerStatus:
    """Return the row of a GPU of 80 GiB."""
    free = 80 - used
    gpu = GpuStatus(device, "Fake GPU", "GPU-0", 80 * GIB, used * GIB, free * GIB, load, 55, 300.0)
    return replace(worker_status(device), gpus=(gpu,), **changes)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"the tests of the page need Chromium: none of {', '.join(NAMES)} is there")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> Contexts:
    return Contexts(browser)


@pytest.fixture
def pool() -> FakePool:
    pool = FakePool()
    pool.workers = [gpu_worker("cuda:0"), gpu_worker("cuda:1", 12)]
    return pool


@pytest.fixture
def busy_pool(pool: FakePool) -> FakePool:
    """Has something of all that the page can show."""
    pool.warnings["Hello"] = ("lost_token",)
    pool.workers = [
        gpu_worker("cuda:0", outstanding_segments=3),
        replace(gpu_worker("cuda:1"), state="failed", last_error="it fell off the bus"),
        replace(gpu_worker("cuda:2"), state="starting"),
    ]
    return pool


@pytest.fixture
def read_options(monkeypatch: pytest.MonkeyPatch) -> list[DocumentOptions]:
    """Adds a format, .stub, that reads all options and has a notice; returns what it is given."""
    return add_recording_format(monkeypatch, "a notice about the file")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(port=0, max_characters=MAX_CHARACTERS, jobs=tmp_path / "jobs")


@pytest.fixture
def models() -> Models:
    return one_model()


@pytest.fixture
def services(pool: FakePool, settings: Settings, models: Models) -> Iterator[Services]:
    store = JobStore(SqliteDatabase(settings.jobs, JOBS)) if settings.jobs else None
    services = make_services(pool, models, settings, store)
    yield services
    if services.jobs is not None:
        services.jobs.close()


@pytest.fixture
def url(services: Services, pool: FakePool, settings: Settings) -> Iterator[str]:
    app = create_app(services)
    if "files.translate" not in app.view_functions:
        app.register_blueprint(FileRoutes(services).blueprint())
    server = HttpServer(app, settings)
    server.start()
    if services.jobs is not None:
        services.jobs.start()
    yield server.url
    pool.holding = False
    pool.release()
    server.close()


@pytest.fixture
def open_page(contexts: Contexts, url: str) -> Iterator[OpenPage]:
    """`open_page(color_scheme="dark")` opens the page of the server, or another `path` of it.

    With `clock`, its time stands still until it is told to go on; `before` may prepare the page.
    A script that fails, or that the content security policy stops, fails the test.
    """
    opener = Opener(contexts, url)
    yield opener.open
    opener.close()
    assert opener.mistakes == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page()
