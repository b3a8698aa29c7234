"""A reader of the documentation: types its commands, and compares what comes with what is shown."""

import os
import re
import signal
import subprocess
import sys
import time
from http import HTTPStatus
from pathlib import Path

import httpx

from tests.docs.blocks import ROOT, Block
from tests.docs.translations import Wording, squeezed
from tests.e2e.conftest import TIMEOUT, Server

_BINARIES = Path(sys.executable).parent
_SERVER = re.compile(
    r"^((?:\w+=\S+ )*)(?:\.venv/bin/)?m2m-server(?! fetch| key)\b(.*)$", re.MULTILINE
)
_SHOWN_IN_REPOSITORY = (".venv", "Makefile", "setup.cfg", "pyproject.toml")


class Reader:
    """Works in an empty folder, in which the names that the repository's root has are there.

    Where a block starts a server, the blocks after it speak to that one.
    """

    def __init__(self, folder: Path, cache: Path, ports: tuple[int, int], wording: Wording) -> None:
        self.folder, self._cache, self._ports = folder, cache, ports
        self._wording = wording
        self._servers: list[subprocess.Popen[str]] = []
        for name in _SHOWN_IN_REPOSITORY:
            target = Path(sys.prefix) if name == ".venv" else ROOT / name
            (folder / name).symlink_to(target)

    def read(self, block: Block) -> None:
        """Run a block; fail unless it succeeds and prints what it is said to."""
        script = self._localise(block.script)
        if block.kind == "python":
            printed = self._run(block, [sys.executable, "-c", script])
        else:
            before, server, after = self._split(script)
            printed = self._run(block, ["bash", "-euo", "pipefail", "-c", before])
            if server is not None:
                self._start(block, *server)
                printed += self._run(block, ["bash", "-euo", "pipefail", "-c", after])
        if block.output is not None:
            expected = self._localise(block.output)
            assert is_shown(expected, printed, self._wording), (
                f"{block.place} shows\n{expected}\nbut it was\n{printed}"
            )

    def close(self) -> None:
        """Stop the servers that were started."""
        for server in self._servers:
            server.send_signal(signal.SIGTERM)
        for server in self._servers:
            code = server.wait(TIMEOUT)
            assert server.stdout is not None
            server.stdout.close()
            assert code == 0, f"a server ended with {code}"

    def _run(self, block: Block, command: list[str]) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert done.returncode == 0, f"{block.place}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _start(self, block: Block, variables: str, arguments: str) -> None:
        # Its jobs are those of nobody else: XDG_STATE_HOME is this reader's own.
        flags = f"--port 0 --cache {self._cache} --log-level warning"
        server = subprocess.Popen(
            ["bash", "-c", f"exec env {variables} m2m-server {arguments} {flags}"],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        self._servers.append(server)
        assert server.stdout is not None
        banner = server.stdout.readline()
        ports = re.findall(r"http://\S+:(\d+)", banner)
        assert len(ports) == len(self._ports), f"{block.place}: it did not start: {banner!r}"
        self._ports = int(ports[0]), int(ports[1])
        deadline = time.monotonic() + TIMEOUT
        while httpx.get(f"http://127.0.0.1:{ports[1]}/health_check").status_code != HTTPStatus.OK:
            assert time.monotonic() < deadline, f"{block.place}: it does not serve"
            time.sleep(0.05)

    def _localise(self, text: str) -> str:
        for told, real in zip((8000, 8001), self._ports, strict=True):
            text = text.replace(f"localhost:{told}", f"localhost:{real}")
        return text

    def _split(self, script: str) -> tuple[str, tuple[str, str] | None, str]:
        """Return what comes before the start of a server, that start, and what follows."""
        joined = script.replace("\\\n", " ") if _SERVER.search(script) else script
        match = _SERVER.search(joined)
        if match is None:
            return script, None, ""
        return (
            joined[: match.start()],
            (match[1], match[2].partition(" #")[0]),
            joined[match.end() :],
        )

    def _environment(self) -> dict[str, str]:
        """Return the variables of a user who has not set any of ours.

        But threads would wait for each other on cores that other tests keep busy, and to load torch
        takes seconds each time: of the servers, the one that all guides share has the default.
        """
        inherited = {k: v for k, v in os.environ.items() if "TRANSLATION" not in k}
        own = {
            "PATH": f"{_BINARIES}:{os.environ['PATH']}",
            "TRANSLATION_CACHE": str(self._cache),
            "TRANSLATION_THREADS": "1",
            "TRANSLATION_ENGINE": "ctranslate2",
            "HF_HUB_OFFLINE": "1",  # what needs the hub is marked
            "XDG_STATE_HOME": str(self.folder / "state"),
        }
        return inherited | own


def listening_at(server: Server) -> tuple[int, int]:
    """Return the ports of a server: for clients, for admins."""
    clients, admins = server.client.base_url.port, server.admin.base_url.port
    assert clients is not None and admins is not None  # noqa: PT018
    return clients, admins


def is_shown(shown: str, printed: str, wording: Wording) -> bool:
    """Return True if output is as shown: folds do not count, `…` stands for anything.

    A translation stands for what the model at hand says in its place.
    """
    return re.fullmatch(wording.pattern(shown), squeezed(printed), re.DOTALL) is not None
