"""What happens to the service, one event after another, and which failures each may cause.

Allowed is only what no server and no proxy can prevent, and what the documentation says to
clients: an answer that has begun breaks off with the process that sends it; without the database
there are no jobs; without the proxy there is nothing.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch

import httpx

from benchmarks.drill import clients, jobs
from benchmarks.drill.records import Period
from benchmarks.drill.service import Service

_OUTAGE_SECONDS = 5.0  # of the database, and of the proxy a part of it
_KEY_SECONDS = 2.0  # until all servers have read the keys again
NEW_LIMIT = 99_000  # characters of a request, with which the new version starts

_STREAMS = clients.COUNTS["stream"]
_JOBS = sum(jobs.COUNTS.values())
_ALL = sum(clients.COUNTS.values()) + _JOBS
# Of answers that have begun; clients of jobs go on where they were.
_BEGUN = {
    "stream: broken connection": _STREAMS,
    "stream: wrong answer": _STREAMS,  # it ends with the event `failed`
    "events: broken connection": _JOBS,
    "result: broken connection": _JOBS,
}


@dataclass(frozen=True)
class Event:
    """`act` returns once the service is whole again."""

    name: str
    act: Callable[[Service], None]
    # How often each "kind: cause" may occur; None: as often as clients try
    allowed: Mapping[str, int | None] = field(default_factory=dict)

    def faults(self, period: Period) -> list[str]:
        """Return the failures that it does not allow."""
        found = []
        for failure, count in period.failed.items():
            limits = [most for pattern, most in self.allowed.items() if fnmatch(failure, pattern)]
            if not limits or (limits[0] is not None and count > limits[0]):
                found.append(f"{count} × {failure} ({self.name})")
        return found


def _nothing(_: Service) -> None:
    pass


def _kill_worker(service: Service) -> None:
    service.servers[0].kill_worker()
    service.servers[0].wait_until_ready()


def _kill_front(service: Service) -> None:
    service.servers[2].kill_child("m2m front 0")
    service.servers[2].wait_until_ready()


def _kill_pool(service: Service) -> None:
    service.servers[2].kill_child("m2m pool")
    service.servers[2].wait_until_ready()


def _kill_server(service: Service) -> None:
    service.servers[1].kill()
    service.servers[1].start()
    service.servers[1].wait_until_ready()


def _kill_database(service: Service) -> None:
    service.postgresql.stop()
    time.sleep(_OUTAGE_SECONDS)
    service.postgresql.start()


def _kill_proxy(service: Service) -> None:
    service.proxy.kill()
    time.sleep(_OUTAGE_SECONDS / 5)
    service.proxy.start()


def _change_keys(service: Service) -> None:
    """Replace a key as docs/access.md says, with a mistake on the way."""
    keys = service.keys
    keys.spoil()
    time.sleep(_KEY_SECONDS)
    added = keys.add()
    time.sleep(_KEY_SECONDS)
    old = keys.use(added)
    time.sleep(_KEY_SECONDS)
    keys.remove_old()
    time.sleep(_KEY_SECONDS)
    for server in service.servers:
        body = {"text": "a", "source_language": "en", "target_language": "de"}
        headers = {"Authorization": f"Bearer {old}"}
        answer = httpx.post(f"{server.url}/translation", json=body, headers=headers, timeout=60)
        if answer.status_code != httpx.codes.FORBIDDEN:
            raise RuntimeError(f"a key that was removed is answered with {answer.status_code}")


def _roll(service: Service) -> None:
    """Replace each server by one with another setting."""
    for server in service.servers:
        server.end()
        server.start("--max-characters", str(NEW_LIMIT))
        server.wait_until_ready()


EVENTS = (
    Event("nothing", _nothing),
    Event("a worker is killed", _kill_worker),
    Event("a front is killed", _kill_front, _BEGUN),
    Event("a pool process is killed", _kill_pool, _BEGUN),
    Event("a server is killed", _kill_server, _BEGUN),
    Event(
        "the database is killed",
        _kill_database,
        {f"{kind}: 503 with Retry-After": None for kind in ("job", "events", "result")},
    ),
    Event(
        "the proxy is killed",
        _kill_proxy,
        {"*: broken connection": _ALL, "*: refused connection": None},
    ),
    Event("keys are changed", _change_keys),
    Event("a new version is rolled out", _roll),
    Event("nothing again", _nothing),
)
