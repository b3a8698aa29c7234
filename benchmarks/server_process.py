"""A server of ours as a process of its own, from its start until the block ends."""

import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

_START_SECONDS = 600.0
_STOP_SECONDS = 60.0


@dataclass(frozen=True)
class ServerProcess:
    """A server that is ready; `pid` is that of its front."""

    url: str
    pid: int


@contextmanager
def started(
    command: Sequence[str], log: int | None = subprocess.DEVNULL
) -> Iterator[ServerProcess]:
    """Run a command that prints its URL first; its log goes nowhere, or beside ours (None)."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+:\d+", process.stdout.readline())
            if found is None:
                raise RuntimeError(f"no server was started by {' '.join(command)}")
            server = ServerProcess(found[0], process.pid)
            _wait_until_ready(server, process)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_ready(server: ServerProcess, process: "subprocess.Popen[str]") -> None:
    """Return once all workers are ready."""
    deadline = time.monotonic() + _START_SECONDS
    with httpx.Client(base_url=server.url) as client:
        while client.get("/health_check").json()["status"] != "ok":
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server did not become ready")
            time.sleep(0.1)
