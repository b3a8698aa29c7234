"""A PostgreSQL server for tests and the drill, on a free port."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from benchmarks.drill.ports import free_ports

_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
_USER = "postgres"  # PostgreSQL does not run as root
_SECONDS = 60.0
_SETTINGS = ("fsync=off", "max_connections=100", "log_min_messages=fatal")


def find_programs() -> Path | None:
    """Return the folder with PostgreSQL's programs; None where it is not installed."""
    folders = [*_FOLDERS, *(Path(each) for each in os.environ.get("PATH", "").split(":") if each)]
    return next((each for each in folders if (each / "initdb").is_file()), None)


class PostgreSql:
    """A server; `url` names a database, which `create` makes."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="m2m-postgres-"))
        self._log = self._folder / "log"
        self._user = _USER if os.getuid() == 0 else None
        if self._user:
            shutil.chown(self._folder, self._user)
        [self.port] = free_ports(1)
        command = [programs / "initdb", "-D", self._folder / "data", "-U", _USER, "--no-sync"]
        self._run([*command, "-A", "trust", "-E", "UTF8", "--locale", "C"])
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def url(self, name: str = "postgres", user: str = _USER) -> str:
        """Return the address of a database."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{name}"

    def create(self, name: str) -> str:
        """Make a database; return its address."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def start(self) -> None:
        """Start, and wait until it accepts connections."""
        settings = [part for each in _SETTINGS for part in ("-c", each)]
        log = self._log.open("ab")
        self._process = subprocess.Popen(
            [self._programs / "postgres", "-D", self._folder / "data", "-p", str(self.port),
             "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self._folder}",
             *settings],
            user=self._user, stderr=log,
        )  # fmt: skip
        log.close()
        deadline = time.monotonic() + _SECONDS
        while not self._accepts():
            assert time.monotonic() < deadline, self._log.read_text("utf-8")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it at once, as a crash would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(_SECONDS)

    def pause(self) -> None:
        """Stop all of its processes: it is there, and does not answer."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: int) -> None:
        assert self._process is not None
        parent = self._process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for pid in (parent, *map(int, children)):
            with suppress(ProcessLookupError):  # a connection has just ended
                os.kill(pid, number)

    def close(self) -> None:
        """End it, and delete its files."""
        assert self._process is not None
        if self._process.poll() is None:
            self.stop()
        shutil.rmtree(self._folder)

    def _accepts(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, command: list[object]) -> None:
        subprocess.run(
            [str(part) for part in command], user=self._user, check=True, stdout=subprocess.DEVNULL,
            cwd="/",
        )  # fmt: skip
