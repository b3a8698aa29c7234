"""A server of ours on ports of its own, which is killed and started again."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from benchmarks.endurance.fault_injector import children

_SECONDS = 120.0
# Not libpq's "closed the connection unexpectedly": the database is killed.
_FAULT = re.compile(r"\bunexpected \w+ (in|while) |Traceback| CRITICAL ")
_SHOWN = 20_000  # characters of a log, with the stacks of a hundred threads


class Server:
    """The process that was started; it has children."""

    def __init__(self, port: int, admin_port: int, log: Path, flags: Sequence[str]) -> None:
        """`flags` are those besides the ports. Starts nothing yet."""
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        self._flags = ["--port", str(port), "--admin-port", str(admin_port), *flags]
        self._admin = f"http://127.0.0.1:{admin_port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> None:
        """Start it with further flags. Does not wait."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "server", *self._flags, *more],
                stdout=subprocess.DEVNULL,
                stderr=log,
                env={**os.environ, "PYTHONFAULTHANDLER": "1"},
                start_new_session=True,  # so that Ctrl-C ends the drill first
            )

    def wait_until_ready(self) -> None:
        """Return once all its workers are ready. Raises RuntimeError."""
        deadline = time.monotonic() + _SECONDS
        while self._get("/health_check").get("status") != "ok":
            if time.monotonic() > deadline:
                raise RuntimeError(f"a server is not ready: {self.log.read_text()[-2000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """Send SIGKILL; its children end by themselves."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(_SECONDS)

    def kill_child(self, role: str) -> None:
        """Send SIGKILL to the process with a role, such as "m2m pool"; wait for another one."""
        _kill(lambda: self._child(role), f"{role} is not replaced")

    def kill_worker(self) -> None:
        """Send SIGKILL to its worker; wait for another one."""
        _kill(self._worker, "the worker is not replaced")

    def end(self) -> None:
        """Send SIGTERM, and wait until it has ended. Raises RuntimeError if its code is not 0."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            code = self._process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGABRT)  # it writes what its threads do to its log
            code = self._process.wait(_SECONDS)
        if code:
            log = self.log.read_text("utf-8", errors="replace")
            raise RuntimeError(f"exit code {code} after SIGTERM\n{log[-_SHOWN:]}")

    def faults(self) -> list[str]:
        """Return the lines of its log about errors that nobody expected."""
        lines = self.log.read_text("utf-8", errors="replace").splitlines()
        return [line for line in lines if _FAULT.search(line)]

    def _worker(self) -> int | None:
        rows: list[dict[str, Any]] = self._get("/gpus").get("gpus", [])
        return rows[0]["pid"] if rows else None

    def _child(self, role: str) -> int | None:
        assert self._process is not None
        family = children(self._process.pid)
        return next((pid for pid, name in family.items() if name == role), None)

    def _get(self, path: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = httpx.get(f"{self._admin}{path}", timeout=10).json()
        except (httpx.HTTPError, ValueError):
            return {}
        return found


def _kill(find: Callable[[], int | None], message: str) -> None:
    """Kill the process that `find` returns; wait until it returns another one."""
    pid = find()
    if pid is None:
        raise RuntimeError("there is no process to kill")
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + _SECONDS
    while find() in (pid, None):
        if time.monotonic() > deadline:
            raise RuntimeError(message)
        time.sleep(0.05)
