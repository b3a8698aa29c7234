"""Connections spread over the fronts; each has the load of those that it got."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.process.conftest import TIMEOUT, wait_for
from tests.process.fronts.conftest import Load, NodeServer

pytestmark = pytest.mark.slow  # several processes

_FRONTS = ("front 0", "front 1")
_LISTENERS = 1


class Connections:
    """How many each front has."""

    def __init__(self, node: NodeServer) -> None:
        self._port = f":{urlsplit(node.url).port:04X}"
        self._folders = [Path(f"/proc/{node.children()[role]}/fd") for role in _FRONTS]

    def count(self) -> list[int]:
        """Return the number for each front."""
        rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()]
        ours = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(self._port)}
        return [len(ours.intersection(_links(folder))) - _LISTENERS for folder in self._folders]

    def are(self, count: int) -> bool:
        """Return True if there are so many in all."""
        return sum(self.count()) == count


def _links(folder: Path) -> Iterator[str]:
    for descriptor in folder.iterdir():
        with suppress(FileNotFoundError):
            yield os.readlink(descriptor)


def test_connections_that_come_one_after_another_take_turns(node: NodeServer) -> None:
    """They are not used, so they stay where they are."""
    parts = urlsplit(node.url)
    connections = Connections(node)
    wait_for(partial(connections.are, 0), "those of the fixture are closed")
    with ExitStack() as stack:
        for opened in range(1, 33):
            stack.enter_context(socket.create_connection((parts.hostname, parts.port), TIMEOUT))
            wait_for(partial(connections.are, opened), "it is accepted")
        assert min(connections.count()) >= 10


def test_a_front_that_had_none_gets_its_share(node: NodeServer) -> None:
    """Clients keep their connections: without a hint to connect again, it would have none."""
    connections = Connections(node)
    wait_for(partial(connections.are, 0), "those of the fixture are closed")
    node.kill("front 1", signal.SIGSTOP)
    with Load(node, 16) as load:
        load.wait_for(64)
        assert connections.count()[1] == 0
        node.kill("front 1", signal.SIGCONT)
        wait_for(lambda: min(connections.count()) >= 6, "the second front has clients")
    assert not load.broken
    assert not load.wrong
    assert load.answers.keys() == {200}
