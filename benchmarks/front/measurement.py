"""Servers under load: what one request or sentence takes of each of their processes."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from benchmarks.front.cases import REPEATED, SINGLE, Case
from benchmarks.front.client import Clients, Load
from benchmarks.front.cpu_time import ROLES, cpu_seconds
from benchmarks.server_process import ServerProcess, started

_CLIENTS = 8  # where CPU time is measured
_CROWD = 256
_SETTLE_SECONDS = 4.0  # fronts look once a second how many connections each of them has
_WARM_UP = 0.25  # of the duration of a measurement
_WORKERS = 2


@dataclass(frozen=True)
class Cost:
    """CPU microseconds by role, for a request or a sentence."""

    front: float
    pool: float
    worker: float
    client: float
    decodings: float  # more than one: the front repaired translations; 0: they were cached
    client_share: float  # of a core
    ratio: float | None = None  # of the front to bare servers just after, for single sentences

    @property
    def total(self) -> float:
        """Of the whole server."""
        return self.front + self.pool + self.worker


@contextmanager
def our_server(fronts: int) -> Iterator[ServerProcess]:
    """Run our server with workers that echo."""
    command = [sys.executable, "-m", "benchmarks.front.echo_server", "--fronts", str(fronts)]
    with started([*command, "--threads", str(_CROWD), "--workers", str(_WORKERS)]) as server:
        yield server


@contextmanager
def bare_server() -> Iterator[ServerProcess]:
    """Run Flask and waitress alone, with as many threads."""
    command = [sys.executable, "-m", "benchmarks.front.bare_server", str(_CROWD)]
    with started(command) as server:
        yield server


@dataclass(frozen=True)
class Measured:
    """A server of ours or some bare ones, with clients that stay connected."""

    servers: Sequence[ServerProcess]
    clients: Clients

    def cost(self, case: Case, seconds: float) -> Cost:
        """Return the CPU time of a sentence of a case."""
        self.clients.run(case.requests(), _WARM_UP * seconds)
        decoded, before = self._decoded(), self._cpu_seconds()
        load = self.clients.run(case.requests(), seconds)
        after = self._cpu_seconds()
        sentences = len(load.latencies) * case.sentences
        front, pool, worker = ((after[role] - before[role]) / sentences * 1e6 for role in ROLES)
        decodings = (self._decoded() - decoded) / sentences
        client = load.cpu_seconds / sentences * 1e6
        return Cost(front, pool, worker, client, decodings, load.share)

    def _cpu_seconds(self) -> dict[str, float]:
        """Return the CPU seconds so far, by role."""
        each = [cpu_seconds(server.pid) for server in self.servers]
        return {role: sum(seconds[role] for seconds in each) for role in ROLES}

    def _decoded(self) -> int:
        """Return the segments that workers have finished so far; 0 without workers."""
        answers = [httpx.get(f"{server.url}/gpus").json()["gpus"] for server in self.servers]
        return sum(row["finished_segments"] for rows in answers for row in rows)


@contextmanager
def measured(starting: Sequence[AbstractContextManager[ServerProcess]]) -> Iterator[Measured]:
    """Run servers and connect clients to them in turns."""
    with ExitStack() as running:
        servers = [running.enter_context(each) for each in starting]
        yield Measured(servers, running.enter_context(settled_clients(servers, _CLIENTS)))


@contextmanager
def settled_clients(servers: Sequence[ServerProcess], count: int) -> Iterator[Clients]:
    """Connect clients to servers in turns; wait until each is spread over its fronts."""
    urls = [urlsplit(server.url) for server in servers]
    with Clients([(url.hostname or "", url.port or 0) for url in urls], count) as clients:
        clients.run(REPEATED.requests(), _SETTLE_SECONDS)
        yield clients


def crowd(servers: Sequence[ServerProcess], seconds: float) -> Load:
    """Let many clients ask for one sentence after another."""
    with settled_clients(servers, _CROWD) as clients:
        return clients.run(SINGLE.requests(), seconds)
