"""Servers under load: what one request or sentence takes of each of their processes."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, replace
from statistics import median
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
    ratio: float | None = None  # of the front to the bare server just before, for single sentences

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
    """A server with clients that stay connected."""

    server: ServerProcess
    clients: Clients

    def cost(self, case: Case, seconds: float) -> Cost:
        """Return the CPU time of a sentence of a case."""
        self.clients.run(case.requests(), _WARM_UP * seconds)
        decoded, before = _decoded(self.server), cpu_seconds(self.server.pid)
        load = self.clients.run(case.requests(), seconds)
        after = cpu_seconds(self.server.pid)
        sentences = len(load.latencies) * case.sentences
        front, pool, worker = ((after[role] - before[role]) / sentences * 1e6 for role in ROLES)
        decodings = (_decoded(self.server) - decoded) / sentences
        client = load.cpu_seconds / sentences * 1e6
        return Cost(front, pool, worker, client, decodings, load.share)


@contextmanager
def measured(running: AbstractContextManager[ServerProcess]) -> Iterator[Measured]:
    """Run a server and connect clients to it."""
    with running as server, settled_clients([server], _CLIENTS) as clients:
        yield Measured(server, clients)


def _decoded(server: ServerProcess) -> int:
    """Return the segments that workers have finished so far; 0 without workers."""
    rows = httpx.get(f"{server.url}/gpus").json()["gpus"]
    return sum(row["finished_segments"] for row in rows)


def middle(costs: Sequence[Cost]) -> Cost:
    """Return the medians of all figures."""
    rows = [asdict(each) for each in costs]
    known = [name for name, value in rows[0].items() if value is not None]
    return replace(costs[0], **{name: median([row[name] for row in rows]) for name in known})


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
