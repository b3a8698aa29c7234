"""The folder of the jobs: permissions, errors, and one server at a time."""

import sqlite3
import stat
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from server.core.setting_types import default_jobs
from server.core.settings import Settings
from server.database.interface import StoreError
from server.database.sqlite import SqliteDatabase
from server.jobs.schema import JOBS
from server.jobs.store import JobStore, open_jobs
from tests.http.jobs.client import (
    Start,
    accepted,
    post,
)
from tests.http.test_translation import problem


def test_only_the_owner_can_read_the_file(client: FlaskClient, tmp_path: Path) -> None:
    accepted(post(client, ["a"]))
    assert stat.S_IMODE((tmp_path / "jobs").stat().st_mode) == 0o700
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "jobs").iterdir()}
    assert modes == {0o600}


def test_without_a_folder_jobs_are_off(start: Start) -> None:
    client = start(jobs="off")
    problem(post(client, ["a"]), 404, "jobs-off")
    problem(client.get("/translation/jobs/x"), 404, "jobs-off")


def test_an_unusable_folder_stops_the_start_only_if_it_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StoreError, match="file"):
        open_jobs(Settings(jobs=blocked / "jobs"))
    monkeypatch.setenv("XDG_STATE_HOME", str(blocked))
    assert open_jobs(Settings()) is None
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_jobs() == tmp_path / "m2m-server" / "jobs"
    assert Settings.model_validate({"jobs": "on"}).jobs == default_jobs()
    store = open_jobs(Settings())
    assert store is not None
    store.close()


def test_two_servers_cannot_share_a_folder(tmp_path: Path) -> None:
    store = JobStore(SqliteDatabase(tmp_path, JOBS))
    with pytest.raises(StoreError, match="another server uses it"):
        JobStore(SqliteDatabase(tmp_path, JOBS))
    store.close()
    JobStore(SqliteDatabase(tmp_path, JOBS)).close()


def test_a_file_of_another_version_is_rejected(tmp_path: Path) -> None:
    SqliteDatabase(tmp_path, JOBS).close()
    connection = sqlite3.connect(tmp_path / "jobs.sqlite3")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="version 99"):
        JobStore(SqliteDatabase(tmp_path, JOBS))
    (tmp_path / "jobs.sqlite3").write_bytes(b"some other file" * 1000)
    with pytest.raises(StoreError, match="not a database"):
        JobStore(SqliteDatabase(tmp_path, JOBS))
