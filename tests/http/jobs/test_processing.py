"""When jobs are processed: in turns, after a restart, and once the pool has capacity."""

from functools import partial

from flask.testing import FlaskClient

from gpu_pool.errors import OverloadedError, UnavailableError
from tests.fakes import FakePool
from tests.http.jobs.client import (
    ANN,
    BOB,
    KEYS,
    Start,
    accepted,
    post,
    post_as,
    post_file,
    result,
    state,
    wait_for_end,
    wait_until,
)


def test_a_job_waits_while_the_pool_is_overloaded(client: FlaskClient, pool: FakePool) -> None:
    pool.refusal = OverloadedError(0.05)
    url = accepted(post(client, ["a", "b"]))
    wait_until(lambda: state(client, url)["status"] == "running")
    pool.refusal = None
    assert wait_for_end(client, url)["status"] == "done"
    assert result(client, url)["translation"] == ["A", "B"]


def test_a_job_waits_while_no_worker_is_available(client: FlaskClient, pool: FakePool) -> None:
    pool.refusal = UnavailableError("no worker is ready")
    url = accepted(post(client, ["a"]))
    wait_until(lambda: state(client, url)["status"] == "running")
    assert state(client, url)["progress"]["eta"] is None


def test_a_restart_resumes_jobs(start: Start, pool: FakePool) -> None:
    client = start()
    pool.holding = True
    texts = ["x" * 90 + f" {i}" for i in range(60)]
    url = accepted(post(client, texts))
    document = accepted(post_file(client, "\n".join(texts).encode(), "a.txt"))
    wait_until(lambda: len(pool.submitted) > 5)
    pool.release()
    wait_until(lambda: state(client, url)["progress"]["done"] > 5)
    done = state(client, url)["progress"]["done"]
    assert done < len(texts)
    before = result(client, url, "?from=0")["translation"]
    pool.submitted.clear()
    pool.holding = False
    client = start()
    assert wait_for_end(client, url)["status"] == "done"
    body = result(client, url)
    assert body["translation"] == [text.upper() for text in texts]
    assert body["translation"][: len(before)] == before
    assert wait_for_end(client, document)["status"] == "done"
    assert client.get(f"{document}/result").data == "\n".join(texts).upper().encode()
    assert len(pool.submitted) <= 2 * len(texts) - done


def test_clients_take_turns(start: Start, pool: FakePool) -> None:
    """The second client's job is processed after the first client's two batches in progress."""
    client = start(api_keys_toml=KEYS)
    pool.holding = True
    texts = ["x" * 90 + f" {i}" for i in range(200)]
    first = post_as(client, ANN, texts)
    wait_until(lambda: len(pool.submitted) > 5)
    second = post_as(client, BOB, ["b"])
    pool.release()
    wait_until(lambda: ("bob", True) in pool.askers)
    assert len(pool.askers) <= 4
    pool.holding = False
    pool.release()
    for url, user in ((accepted(first), ANN), (accepted(second), BOB)):
        wait_until(partial(has_status, client, url, "done", user))


def has_status(
    client: FlaskClient, url: str, status: str, user: dict[str, str] | None = None
) -> bool:
    return bool(state(client, url, user)["status"] == status)
