"""API keys and their rates are those of the whole server, and change while it serves."""

import json
import time
from collections import Counter
from contextlib import closing
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from server.auth.keys import digest_of
from tests.http.test_access import bearer
from tests.process.conftest import TIMEOUT, wait_for
from tests.process.fronts.conftest import PAIR, NodeServer, StartNode, Threads

pytestmark = pytest.mark.slow  # several processes for each test

_LIMIT = 6  # requests a minute
_PLENTY = 1_000_000


def table(name: str, rate: int = _PLENTY) -> str:
    return f'[{name}]\nsha256 = "{digest_of(name)}"\nrequests_per_minute = {rate}\n'


def ask(server: NodeServer, key: str) -> int:
    """Translate on a connection of its own; return the status."""
    host = server.url.removeprefix("http://")
    headers = {"Content-Type": "application/json", **bearer(key)}
    with closing(HTTPConnection(host, timeout=TIMEOUT)) as connection:
        connection.request("POST", "/translation", json.dumps({"text": "a", **PAIR}), headers)
        return connection.getresponse().status


class Users(Threads):
    """Threads that send requests with keys all the time; `statuses` of each key's answers."""

    def __init__(self, server: NodeServer, *keys: str) -> None:
        self.statuses: dict[str, Counter[int]] = {key: Counter() for key in keys}
        self._server = server
        super().__init__(*(partial(self._run, key) for key in keys * 2))

    def wait_for(self, key: str, status: int, more: int = 20) -> None:
        """Wait for so many further answers."""
        goal = self.statuses[key][status] + more
        wait_for(lambda: self.statuses[key][status] >= goal, f"{more} times {status} for {key}")

    def _run(self, key: str) -> None:
        while not self._stopping.is_set():
            try:
                status = ask(self._server, key)
            except (HTTPException, OSError):  # the connection of a front that has been killed
                status = 0
            self.statuses[key][status] += 1


def test_a_rate_is_that_of_all_fronts_together(start_node: StartNode, tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    keys.write_text(table("alice", _LIMIT))
    node = start_node("--fronts", "3", "--api-keys", str(keys))
    begun = time.monotonic()
    statuses = Counter(ask(node, "alice") for _ in range(10 * _LIMIT))
    refilled = int((time.monotonic() - begun) * _LIMIT / 60)
    assert _LIMIT <= statuses[200] <= _LIMIT + refilled
    assert set(statuses) == {200, 429}
    assert f'm2m_rate_limited_total{{client="alice"}} {float(statuses[429])}' in (
        node.admin.get("/metrics").text
    )


def test_a_killed_front_takes_no_rate_along(start_node: StartNode, tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    keys.write_text(table("alice", _LIMIT) + table("bob"))
    node = start_node("--fronts", "2", "--api-keys", str(keys))
    begun = time.monotonic()
    with Users(node, "bob") as users:
        wait_for(lambda: ask(node, "alice") == 429, "the rate is used up")
        for role in ("front 0", "front 1"):
            users.wait_for("bob", 200)
            node.wait_until_replaced(role, node.kill(role))
        users.wait_for("bob", 200)
        statuses = Counter(ask(node, "alice") for _ in range(2 * _LIMIT))
    refilled = int((time.monotonic() - begun) * _LIMIT / 60)
    assert statuses[200] <= refilled
    assert set(users.statuses["bob"]) <= {200, 0}


def test_keys_change_while_fronts_serve(start_node: StartNode, tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    keys.write_text(table("alice") + table("bob") + table("lisa", _LIMIT))
    node = start_node("--fronts", "2", "--api-keys", str(keys))
    begun = time.monotonic()
    with Users(node, "alice", "bob", "carol", "lisa") as users:
        for key, status in (("alice", 200), ("bob", 200), ("carol", 403), ("lisa", 429)):
            users.wait_for(key, status)
        replace(keys, table("alice") + table("carol") + table("lisa", _LIMIT))
        for key, status in (("alice", 200), ("bob", 403), ("carol", 200), ("lisa", 429)):
            users.wait_for(key, status)
        replace(keys, "broken")
        wait_for(lambda: node.log.count("API keys stay as they were") == 2, "both have seen it")
        users.wait_for("alice", 200)
        replace(keys, table("alice") + table("bob") + table("lisa", _LIMIT))
        for key, status in (("alice", 200), ("bob", 200), ("carol", 403), ("lisa", 429)):
            users.wait_for(key, status)
    refilled = int((time.monotonic() - begun) * _LIMIT / 60)
    assert set(users.statuses["alice"]) == {200}
    assert users.statuses["lisa"][200] <= _LIMIT + refilled, "a change has filled her bucket"


def replace(file: Path, text: str) -> None:
    """Replace a file as a whole, as tools do that change a file in use."""
    new = file.with_suffix(".new")
    new.write_text(text)
    new.rename(file)
