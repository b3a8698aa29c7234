"""Runs `m2m-server` as users do: as a process with the bundled model."""

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

TIMEOUT = 180.0  # seconds; a model loads within a few on an idle machine
COMMAND = str(Path(sys.executable).with_name("m2m-server"))
# With one engine and one thread there is nothing to measure at the start, torch is not loaded, and
# threads do not wait for each other on busy cores. tests/docs has servers with the defaults.
ONE_CANDIDATE = ("--engine", "ctranslate2", "--threads", "1")


@dataclass
class Server:
    """A running server. `translate` fails the test unless the answer is 200."""

    process: "subprocess.Popen[str]"
    client: httpx.Client
    admin: httpx.Client

    def translate(self, text: str | list[str], source: str, target: str) -> Any:
        body = {"text": text, "source_language": source, "target_language": target}
        response = self.client.post("/translation", json=body)
        assert response.status_code == 200, response.text
        return response.json()["translation"]

    def get(self, path: str) -> Any:
        return self.client.get(path).json()

    def wait_until(self, status: str) -> None:
        deadline = time.monotonic() + TIMEOUT
        while (health := self.get("/health_check"))["status"] != status:
            assert time.monotonic() < deadline, f"the health is still {health}"
            assert self.process.poll() is None, "the server has exited"
            time.sleep(0.02)

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(TIMEOUT)


def check_same(pairs: Iterable[tuple[str, str]]) -> None:
    """Fail unless nearly all pairs of translations are equal and the others similar.

    Rounding in CTranslate2 depends on the other sentences of a batch, and decides between beams
    that are nearly equal (3 of 230 sentences on a CPU with AVX-512, in one process; the number
    depends on the weights). Translations of different sentences are not similar, and swapped
    answers give two such pairs; a single one may be a paraphrase.
    """
    total, different = 0, []
    for one, other in pairs:
        total += 1
        if one != other:
            different.append((one, other))
    assert len(different) <= 0.05 * total, different
    dissimilar = {pair for pair in different if SequenceMatcher(None, *pair).ratio() <= 0.4}
    assert len(dissimilar) <= 1, dissimilar


def start(cache: Path, *flags: str) -> Server:
    """Start a server on a free port; return before its model is loaded.

    Flags override ONE_CANDIDATE.
    """
    jobs = tempfile.mkdtemp(prefix="jobs", dir=cache.parent)
    common = ["--port", "0", "--cache", str(cache), "--jobs", jobs, "--state", "off"]
    common += ["--log-level", "warning", *ONE_CANDIDATE]
    process = subprocess.Popen(
        [COMMAND, *common, *flags],
        stdout=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if "TRANSLATION" not in name},
    )
    assert process.stdout is not None
    banner = process.stdout.readline()
    urls = re.findall(r"http://\S+:\d+", banner)
    assert len(urls) == 2, f"an address is missing in {banner!r}"
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    client, admin = (httpx.Client(base_url=url, timeout=TIMEOUT, limits=limits) for url in urls)
    return Server(process, client, admin)


def stop(server: Server) -> None:
    server.client.close()
    server.admin.close()
    if server.process.poll() is None:
        server.process.kill()
    server.process.wait(TIMEOUT)
    assert server.process.stdout is not None
    server.process.stdout.close()


@pytest.fixture(scope="session")
def in_process(cache: Path) -> Translator:
    """The same weights, without a server."""
    return Translator(TranslatorConfig(cache=cache, engine="ctranslate2", threads=1))


@pytest.fixture(scope="module")
def server(cache: Path) -> Iterator[Server]:
    """A server with two workers, shared by tests that do not disturb it."""
    running = start(cache, "--devices", "cpu*2")
    running.wait_until("ok")
    yield running
    stop(running)


@pytest.fixture
def own_server(cache: Path) -> Iterator[Server]:
    """A server with two workers, for a test that kills or stops something."""
    running = start(cache, "--devices", "cpu*2")
    running.wait_until("ok")
    yield running
    stop(running)
