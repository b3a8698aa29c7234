"""Keys in the database are those of all servers, whatever happens to it."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import httpx
import pytest

from benchmarks.drill.postgresql import PostgreSql
from server.commands.main import run
from tests.http.test_access import bearer
from tests.process.conftest import NO_TLS, TIMEOUT, wait_for
from tests.process.fronts.conftest import NodeServer
from tests.process.test_jobs import PAIR, Server

REFUSED = 403  # a key that is not known
FRONTS = 2


@dataclass(frozen=True)
class Pair:
    """A server of one process, and one with several fronts."""

    one: Server
    node: NodeServer
    database: str

    @property
    def urls(self) -> tuple[str, str]:
        return str(self.one.http.base_url), self.node.url


@pytest.fixture(scope="module")
def servers(postgresql: PostgreSql, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """They are shared: each test has keys with names of its own."""
    url, folder = postgresql.create("key_changes"), tmp_path_factory.mktemp("servers")
    flags = ("--fronts", str(FRONTS), "--api-keys", "database", "--database", url)
    pair = Pair(Server(folder / "jobs", url, "database"), NodeServer(*flags), url)
    yield pair
    pair.one.close()
    pair.node.close()


def key_of(name: str, url: str, capsys: pytest.CaptureFixture[str], *limits: str) -> str:
    """Make a key."""
    assert run(["key", name, "--database", url, *limits]) == 0
    return capsys.readouterr().err.splitlines()[-1]


def ask(server: str, key: str, text: str = "a") -> httpx.Response:
    """Translate on a connection of its own: any front may get it."""
    body = {"text": text, **PAIR}
    return httpx.post(
        f"{server}/translation", json=body, headers=bearer(key), timeout=TIMEOUT, verify=NO_TLS
    )


def wait_for_all(servers: Pair, key: str, status: int) -> None:
    """Wait until all processes answer so: a few times, since each request goes to one of them."""
    for server in servers.urls:
        for _ in range(10):
            wait_for(partial(answers, server, key, status), f"{status}")


def answers(server: str, key: str, status: int) -> bool:
    return ask(server, key).status_code == status


def test_a_key_is_added_and_revoked_for_all_servers(
    servers: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    for server in servers.urls:
        assert ask(server, "m2m_guess").status_code == REFUSED, "no key is not no keys"
    url = servers.database
    alice, bob = key_of("alice", url, capsys), key_of("bob", url, capsys)
    wait_for_all(servers, alice, 200)
    assert run(["key", "alice", "--database", url, "--revoke"]) == 0
    wait_for_all(servers, alice, REFUSED)
    for server in servers.urls:
        assert ask(server, bob).status_code == 200


def test_a_quota_counts_what_all_servers_translate(
    servers: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    url = servers.database
    key = key_of("carol", url, capsys, "--characters-per-month", "1000")
    wait_for_all(servers, key, 200)
    translated = 2 * 10  # by the lines above, at least
    for server in servers.urls:
        text = secrets.token_hex(200)
        assert ask(server, key, text).status_code == 200
        translated += len(text)
    for server in servers.urls:
        wait_for(partial(is_used_up, server, key, 1001 - translated), "both count")
    assert (
        run(["key", "carol", "--database", url, "--change", "--characters-per-month", "9999"]) == 0
    )
    wait_for_all(servers, key, 200)


def fronts_told(servers: Pair) -> int:
    """Return how many fronts know dave's key; each has logged the names of all keys then."""
    logged = servers.node.log.splitlines()
    return sum("API keys have changed" in line and "dave" in line for line in logged)


def is_used_up(server: str, key: str, characters: int) -> bool:
    answer = ask(server, key, "x" * characters)
    return answer.status_code == 429 and "in a month" in answer.json()["detail"]


def test_without_the_database_the_keys_are_those_that_were_read(
    servers: Pair, postgresql: PostgreSql, capsys: pytest.CaptureFixture[str]
) -> None:
    key = key_of("dave", servers.database, capsys)
    wait_for_all(servers, key, 200)
    wait_for(lambda: answers(servers.node.url, key, 200) and fronts_told(servers) == FRONTS, "all")
    postgresql.stop()
    try:
        for server in servers.urls:
            for _ in range(10):
                assert ask(server, key).status_code == 200
            assert ask(server, "m2m_guess").status_code == REFUSED
    finally:
        postgresql.start()
    wait_for_all(servers, key_of("eve", servers.database, capsys), 200)
