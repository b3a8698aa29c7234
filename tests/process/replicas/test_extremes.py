"""The largest jobs, a full disk, and texts whose time has come while no server was there."""

import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from benchmarks.drill.postgresql import PostgreSql
from server.core.settings import Settings
from tests.process.conftest import wait_for
from tests.process.replicas.test_two_servers import is_done
from tests.process.test_jobs import PAIR, Server, post

LIMITS = Settings()
DAY = 86_400  # seconds, of the retention


def test_the_largest_job_is_one_of_both_servers(url: str, tmp_path: Path) -> None:
    first, second = (Server(tmp_path / name, url) for name in "ab")
    try:
        each = LIMITS.max_job_characters // LIMITS.max_job_texts
        texts = ["é" * each] * LIMITS.max_job_texts
        job = post(first, texts)
        assert second.state(job)["progress"]["total"] == LIMITS.max_job_texts
        assert post(second, ["small"]), "nothing is blocked"
        assert second.http.delete(job).status_code == 204
        texts[0] += "é"
        refused = first.http.post("/translation/jobs", json={"text": texts, **PAIR})
        assert refused.status_code == 413
        assert str(LIMITS.max_job_characters) in refused.json()["detail"]
    finally:
        first.close()
        second.close()


def test_texts_are_deleted_whose_time_came_while_no_server_was_there(
    url: str, tmp_path: Path
) -> None:
    first = Server(tmp_path / "a", url)
    old, new = post(first, ["old"]), post(first, ["new"])
    wait_for(lambda: is_done(first, old) and is_done(first, new), "they are done")
    first.end(signal.SIGTERM)
    with psycopg.connect(url) as connection:
        connection.execute(
            "UPDATE jobs SET finished = finished - %s WHERE id = %s", (DAY, old.rpartition("/")[2])
        )
    second = Server(tmp_path / "b", url)
    try:
        wait_for(lambda: second.http.get(old).status_code == 404, "it is deleted")
        assert second.http.get(f"{new}/result").json()["translation"] == ["NEW de"]
    finally:
        second.close()
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT translation FROM items").fetchall()
    assert rows == [("NEW de",)]


class Disk:
    """A small one, in memory, for a database's files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder))

    def grow(self) -> None:
        self._run("mount", "-o", "remount,size=256m", str(self.folder))

    def close(self) -> None:
        self._run("umount", str(self.folder))

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        disk = Disk(folder)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a file system is needed whose size can be chosen: mount needs root")
    yield disk
    disk.close()


@pytest.fixture
def full_url(postgresql: PostgreSql, disk: Disk) -> Iterator[str]:
    """Return the address of a database on the small disk."""
    with psycopg.connect(postgresql.url(), autocommit=True) as admin:
        row = admin.execute("SELECT current_setting('data_directory')").fetchone()
        assert row is not None
        shutil.chown(disk.folder, Path(row[0]).owner())
        for parent in disk.folder.relative_to(tempfile.gettempdir()).parents[:-1]:
            (tempfile.gettempdir() / parent).chmod(0o755)  # PostgreSQL's is another user
        admin.execute(f"CREATE TABLESPACE small LOCATION '{disk.folder}'")
        admin.execute("CREATE DATABASE on_small_disk TABLESPACE small")
        yield postgresql.url("on_small_disk")
        admin.execute("DROP DATABASE on_small_disk WITH (FORCE)")
        admin.execute("DROP TABLESPACE small")


def test_a_full_disk_refuses_jobs_and_loses_none(full_url: str, disk: Disk, tmp_path: Path) -> None:
    server = Server(tmp_path / "a", full_url)
    try:
        accepted = []
        while (answer := send_random(server)).status_code == 202:
            accepted.append(answer.json()["url"])
        assert answer.status_code == 507
        assert answer.json()["type"] == "urn:m2m-server:storage-full"
        assert server.http.post("/translation", json={"text": "a", **PAIR}).status_code == 200
        assert accepted
        assert all(server.http.get(job).status_code == 200 for job in accepted)
        disk.grow()
        assert send_random(server).status_code == 202
        wait_for(lambda: is_done(server, accepted[0]), "they go on after a pause")
        assert "failed" not in {server.state(job)["status"] for job in accepted}
    finally:
        server.close()


def send_random(server: Server) -> httpx.Response:
    """Send a job that cannot be compressed."""
    texts = [secrets.token_hex(LIMITS.max_characters // 2) for _ in range(5)]
    return server.http.post("/translation/jobs", json={"text": texts, **PAIR})
