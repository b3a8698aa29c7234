"""Forked processes whose metrics are scraped as one; `test_shared_values.py` runs this module.

It is a process of its own: prometheus_client counts either for one process or for several.
"""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from gpu_pool.status import ModelStatus, PoolStatus
from server.app import create_admin_app, create_app
from server.auth.keys import digest_of
from server.core.settings import Settings
from server.metrics.front import Metrics
from server.metrics.shared_values import SharedValues
from server.services import Services, make_services
from tests.fakes import FakePool, one_model
from tests.http.test_access import bearer
from tests.http.test_translation import GOOD

_CONTEXT = multiprocessing.get_context("fork")
_CHARACTERS = len(GOOD["text"])
ALICE, BOB = "m2m_alice", "m2m_bob"
KEYS = f'[alice]\nsha256 = "{digest_of(ALICE)}"\n[bob]\nsha256 = "{digest_of(BOB)}"\n'


class Process:
    """A forked process that calls what it is sent, and sends what that returns."""

    def __init__(self, services: Services, name: str) -> None:
        self.pipe, end = _CONTEXT.Pipe()
        self.process = _CONTEXT.Process(target=_run, args=(services, name, end), daemon=True)
        self.process.start()

    def __call__(self, order: str, *values: object) -> object:
        self.pipe.send((order, *values))
        return self.pipe.recv()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


def _run(services: Services, name: str, pipe: Connection) -> None:
    services.metrics.enter_process(name)
    orders: dict[str, Callable[..., object]] = {
        "translate": lambda key: (
            create_app(services)
            .test_client()
            .post("/translation", json=GOOD, headers=bearer(key))
            .status_code
        ),
        "cache": services.metrics.count_cache,
        "cached": services.metrics.set_cache_bytes,
        "begin": services.metrics.begin_request,
        "characters": lambda key: services.metrics.characters_by_client()[key],
        "scrape": lambda: create_admin_app(services).test_client().get("/metrics").text,
    }
    while True:
        order, *values = pipe.recv()
        pipe.send(orders[order](*values))


def samples(text: object) -> dict[tuple[str, ...], float]:
    """Return the values of a scrape by the name and the values of the labels, in their order."""
    families = text_string_to_metric_families(str(text))
    found = {}
    for family in families:
        for sample in family.samples:
            key = sample.name, *(value for _, value in sorted(sample.labels.items()))
            assert key not in found, f"{key} is there twice"
            found[key] = sample.value
    return found


def together() -> None:
    """Count in three processes, kill one, and replace it."""
    shared = SharedValues()
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    settings = Settings(port=0, api_keys_toml=KEYS)
    metrics = Metrics(shared)
    services = make_services(FakePool(), one_model(), settings, metrics=metrics)
    metrics.watch(lambda: PoolStatus("ok", (), (ModelStatus("fake", "ok", 7, 70),)))
    fronts = [Process(services, f"front {i}") for i in range(3)]
    pool = Process(services, "pool")

    assert [front("translate", ALICE) for front in fronts] == [200, 200, 200]
    assert fronts[0]("translate", BOB) == 200
    for front in fronts:
        front("begin")
        front("cache", 5, 2)
        front("cached", 1000)
    found = samples(pool("scrape"))
    assert found["m2m_http_requests_total", "POST", "/translation", "200"] == 4
    assert found["m2m_http_request_duration_seconds_count", "/translation"] == 4
    assert found["m2m_http_request_duration_seconds_bucket", "+Inf", "/translation"] == 4
    assert found["m2m_http_requests_in_progress",] == 4  # the scrape is one
    assert found["m2m_characters_total", "alice"] == 3 * _CHARACTERS
    assert found["m2m_texts_total", "bob"] == 1
    assert found["m2m_rate_limited_total", "bob"] == 0
    assert found["m2m_queue_segments", "fake"] == 7
    assert found["m2m_translation_cache_hits_total",] == 15
    assert found["m2m_translation_cache_misses_total",] == 6
    assert found["m2m_translation_cache_bytes",] == 3000
    assert found["process_max_fds",] > 0
    assert ("m2m_build_info", "fake") in {key[:2] for key in found}
    assert [front("characters", "alice") for front in fronts] == [3 * _CHARACTERS] * 3

    check_replaced(services, fronts, pool, folder)
    for process in (*fronts, pool):
        process.kill()
    shared.close()
    assert not folder.exists()


def check_replaced(services: Services, fronts: list[Process], pool: Process, folder: Path) -> None:
    """Kill the first front, and let another one go on in its place."""
    files = sorted(folder.iterdir())
    fronts[0].kill()
    assert samples(pool("scrape"))["m2m_texts_total", "alice"] == 3, "the dead one has counted"
    fronts[0] = Process(services, "front 0")
    fronts[0]("translate", BOB)
    found = samples(pool("scrape"))
    assert found["m2m_texts_total", "alice"] == 3
    assert found["m2m_texts_total", "bob"] == 2
    starts = {key[1]: found[key] for key in found if key[0] == "m2m_process_starts_total"}
    assert starts == {"front 0": 2, "front 1": 1, "front 2": 1, "pool": 1}
    assert found["m2m_http_requests_in_progress",] == 3, "requests of the dead one have ended"
    assert found["m2m_translation_cache_bytes",] == 2000
    assert fronts[0]("characters", "bob") == 2 * _CHARACTERS
    assert sorted(folder.iterdir()) == files


def abandoned() -> None:
    """A new server removes the folder of one that was killed, once it is old, and no other."""

    def make(pipe: Connection) -> None:
        SharedValues()
        pipe.send(os.environ["PROMETHEUS_MULTIPROC_DIR"])
        signal.pause()

    pipe, end = _CONTEXT.Pipe()
    server = _CONTEXT.Process(target=make, args=(end,), daemon=True)
    server.start()
    folder = Path(pipe.recv())

    def remains(age: float) -> bool:
        moment = time.time() - age
        os.utime(folder, (moment, moment))
        SharedValues().close()
        return folder.exists()

    assert remains(1000), "its server is running"
    server.kill()
    server.join()
    assert remains(1), "it may be just being made"
    assert not remains(1000)


SCENARIOS = {each.__name__: each for each in (together, abandoned)}

if __name__ == "__main__":
    SCENARIOS[sys.argv[1]]()
