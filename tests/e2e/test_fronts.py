"""Several fronts with the bundled model: they translate like one, and share their memory."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.conftest import Figure
from tests.e2e.conftest import TIMEOUT, Server, check_same, start, stop
from tests.process.conftest import NO_TLS
from training.corpus import read_references
from translator import Translator

FRONTS = 3
MOST_PRIVATE = 120e6  # bytes of a front


@pytest.fixture(scope="module")
def server(cache: Path) -> Iterator[Server]:
    running = start(cache, "--devices", "cpu", "--fronts", str(FRONTS))
    running.wait_until("ok")
    yield running
    stop(running)


def fronts(server: Server) -> list[int]:
    parent = server.process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    found = [int(pid) for pid in children if is_front(int(pid))]
    assert len(found) == FRONTS
    return found


def is_front(pid: int) -> bool:
    return Path(f"/proc/{pid}/comm").read_text().startswith("m2m front")


def private_bytes(pid: int) -> int:
    """Return the memory that ends with the process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


def test_all_fronts_translate_like_the_library(server: Server, in_process: Translator) -> None:
    sentences = list(read_references("test")["en", "de"])[:60]
    url = str(server.client.base_url)

    def translate(text: str) -> str:
        body = {"text": text, "source_language": "en", "target_language": "de"}
        # A connection of its own: whichever front is free accepts it.
        response = httpx.post(f"{url}/translation", json=body, timeout=TIMEOUT, verify=NO_TLS)
        assert response.status_code == 200
        return str(response.json()["translation"])

    with ThreadPoolExecutor(8) as executor:
        served = list(executor.map(translate, sentences))
    count = len(sentences)
    expected = in_process.batch(sentences, ["en"] * count, ["de"] * count)
    check_same(zip(served, expected, strict=True))


def test_a_front_has_little_memory_of_its_own(server: Server, figure: Figure) -> None:
    sizes = [private_bytes(pid) for pid in fronts(server)]
    assert max(sizes) < MOST_PRIVATE
    figure(f"private: {', '.join(f'{size / 1e6:.0f}' for size in sizes)} MB")


def test_sigterm_ends_all_processes(server: Server) -> None:
    pids = fronts(server)
    assert server.terminate() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
