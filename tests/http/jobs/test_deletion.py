"""Jobs are cancelled and deleted, and nothing of them stays on the disk."""

from pathlib import Path

from flask.testing import FlaskClient

from tests.fakes import FakePool
from tests.http.jobs.client import (
    Start,
    accepted,
    events,
    post,
    post_file,
    result,
    state,
    wait_for_end,
    wait_until,
)
from tests.http.test_translation import problem


def test_cancelling_abandons_the_work_and_deletes_the_texts(
    client: FlaskClient, pool: FakePool, tmp_path: Path
) -> None:
    pool.holding = True
    url = accepted(post(client, ["secret one", "secret two"]))
    pool.wait_until_holding(2)
    with client.get(f"{url}/events") as stream:
        assert client.delete(url).status_code == 204
        assert events(stream)[-1][0] == "cancelled"
    wait_until(lambda: all(future.cancelled() for future in pool.futures))
    final = state(client, url)
    assert (final["status"], final["progress"]["done"]) == ("cancelled", 0)
    problem(client.get(f"{url}/result"), 409, "no-result")
    assert result(client, url, "?from=0")["translation"] == []
    assert client.delete(url).status_code == 204
    problem(client.get(url), 404, "unknown-job")
    problem(client.delete(url), 404, "unknown-job")
    pool.release()
    assert not any(b"secret" in file.read_bytes() for file in (tmp_path / "jobs").iterdir())


def test_deleted_texts_are_erased_from_the_disk(client: FlaskClient, tmp_path: Path) -> None:
    urls = [accepted(post(client, [f"secret {i} {j}" for j in range(100)])) for i in range(3)]
    urls.append(accepted(post_file(client, b"secret\n" * 2000, "secret.txt")))

    def found() -> list[bool]:
        files = [file.read_bytes().lower() for file in (tmp_path / "jobs").iterdir()]
        return [b"secret" in data for data in files]

    for url in urls:
        assert wait_for_end(client, url)["status"] == "done"
        assert any(found())
    for url in urls:
        client.delete(url)
    assert found()
    assert not any(found())
    assert (tmp_path / "jobs" / "jobs.sqlite3").stat().st_size < 100_000


def test_a_result_is_deleted_after_the_retention_time(start: Start, tmp_path: Path) -> None:
    client = start(job_retention=1000.0)
    url = accepted(post(client, ["secret"]))
    final = wait_for_end(client, url)
    assert final["finished"][:4] == final["expires"][:4]
    client = start(job_retention=0.001)  # applied in the next step
    wait_until(lambda: client.get(url).status_code == 404)
    # The runner deletes the row first, and then empties the write-ahead log.
    jobs = tmp_path / "jobs"
    wait_until(lambda: not any(b"SECRET" in file.read_bytes() for file in jobs.iterdir()))
