"""`m2m-server` as its users run it: a process, a model, HTTP."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import httpx
import pytest

from translator import Translator, TranslatorConfig

PATIENCE = 180.0  # seconds; a model loads in a few of them on an idle machine
COMMAND = str(Path(sys.executable).with_name("m2m-server"))


@dataclass
class Server:
    """A running server. `ask` fails the test unless the answer is 200."""

    process: "subprocess.Popen[str]"
    client: httpx.Client
    admin: httpx.Client

    def ask(self, text: str | list[str], source: str, target: str) -> Any:
        body = {"text": text, "source_language": source, "target_language": target}
        response = self.client.post("/translation", json=body)
        assert response.status_code == 200, response.text
        return response.json()["translation"]

    def get(self, path: str) -> Any:
        return self.client.get(path).json()

    def wait_until(self, status: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while (health := self.get("/health_check"))["status"] != status:
            assert time.monotonic() < deadline, f"still {health}"
            assert self.process.poll() is None, "the server has ended"
            time.sleep(0.02)

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def check_same(pairs: Iterable[tuple[str, str]]) -> None:
    """Fail unless nearly all translations of a pair are equal and the others alike.

    Rounding in CTranslate2 depends on who shares a batch; where two beams are nearly equal, that
    decides (3 of 230 sentences on a CPU with AVX-512, in one process; how many depends on the
    weights). A translation of another sentence is not alike, and where answers are swapped there
    are two of them; one may be another way to say the same.
    """
    total, different = 0, []
    for one, other in pairs:
        total += 1
        if one != other:
            different.append((one, other))
    assert len(different) <= 0.05 * total, different
    unlike = {pair for pair in different if SequenceMatcher(None, *pair).ratio() <= 0.4}
    assert len(unlike) <= 1, unlike


def start(cache: Path, *flags: str) -> Server:
    """Start a server on a free port; returns before its model is loaded."""
    jobs = tempfile.mkdtemp(prefix="jobs", dir=cache.parent)
    own = ["--port", "0", "--cache", str(cache), "--jobs", jobs, "--log-level", "warning"]
    process = subprocess.Popen(
        [COMMAND, *own, *flags],
        stdout=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if "TRANSLATION" not in name},
    )
    assert process.stdout is not None
    banner = process.stdout.readline()
    urls = re.findall(r"http://\S+:\d+", banner)
    assert len(urls) == 2, f"an address is missing in {banner!r}"
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    client, admin = (httpx.Client(base_url=url, timeout=PATIENCE, limits=limits) for url in urls)
    return Server(process, client, admin)


def stop(server: Server) -> None:
    server.client.close()
    server.admin.close()
    if server.process.poll() is None:
        server.process.kill()
    server.process.wait(PATIENCE)
    assert server.process.stdout is not None
    server.process.stdout.close()


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def in_process(cache: Path) -> Translator:
    """The same weights, without a server around them."""
    return Translator(TranslatorConfig(cache=cache))


@pytest.fixture(scope="module")
def server(cache: Path) -> Iterator[Server]:
    """A server with two workers, for tests that leave it as it is."""
    running = start(cache, "--devices", "cpu*2")
    running.wait_until("ok")
    yield running
    stop(running)


@pytest.fixture
def own_server(cache: Path) -> Iterator[Server]:
    """A server with two workers, for tests that hurt it."""
    running = start(cache, "--devices", "cpu*2")
    running.wait_until("ok")
    yield running
    stop(running)
