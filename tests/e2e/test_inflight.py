"""The in-flight engine in a server: translations do not depend on concurrent requests.

Except for near ties: padding to longer neighbours changes the last bits of scores
(docs/engine.md).
"""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.agreement import nearly_equal
from tests.e2e.conftest import Server, start, stop
from training.corpus import read_references
from translator.engines.cpu_features import computes_int8

pytestmark = pytest.mark.skipif(
    not computes_int8(), reason="this CPU does not multiply in int8 without losing bits"
)
SHARE = 0.08  # of a few dozen sentences that int8 rounding may change
TEXTS = list(read_references("test")["en", "de"])[::12]


@pytest.fixture(scope="module")
def inflight(cache: Path) -> Iterator[Server]:
    running = start(cache, "--devices", "cpu", "--engine", "inflight")
    running.wait_until("ok")
    yield running
    stop(running)


@pytest.fixture(scope="module")
def alone(inflight: Server) -> list[str]:
    """The translations of texts that are sent one after another."""
    return [inflight.translate(text, "en", "de") for text in TEXTS]


@pytest.mark.parametrize("clients", [4, 32])
def test_concurrent_clients_get_the_same_translations(
    inflight: Server, alone: list[str], clients: int
) -> None:
    with ThreadPoolExecutor(clients) as threads:
        found = list(threads.map(lambda text: inflight.translate(text, "en", "de"), TEXTS))
    assert nearly_equal(found, alone, SHARE)
    assert nearly_equal(inflight.translate(TEXTS, "en", "de"), alone, SHARE)


def test_a_killed_worker_loses_no_answer(inflight: Server, alone: list[str]) -> None:
    with ThreadPoolExecutor(16) as threads:
        answers = [threads.submit(inflight.translate, text, "en", "de") for text in TEXTS]
        next(iter(answers)).result()
        os.kill(inflight.get("/gpus")["gpus"][0]["pid"], signal.SIGKILL)
        assert nearly_equal([answer.result() for answer in answers], alone, SHARE)
