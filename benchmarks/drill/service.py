"""Three servers on one database, and the proxy in front of them."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.drill.key_file import KeyFile
from benchmarks.drill.ports import free_ports
from benchmarks.drill.postgresql import PostgreSql
from benchmarks.drill.proxy import Proxy
from benchmarks.drill.server import Server

FRONTS = (1, 1, 2)  # of each server: the last one has fronts and a pool that can be killed


@dataclass(frozen=True)
class Service:
    """Everything that is killed."""

    postgresql: PostgreSql
    database: str  # its address
    keys: KeyFile
    servers: Sequence[Server]
    proxy: Proxy


@contextmanager
def running(programs: Path) -> Iterator[Service]:
    """Run it until the block ends; `programs` are PostgreSQL's."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="m2m-drill-")))
        folder.chmod(0o755)  # nginx's workers are another user
        postgresql = PostgreSql(programs)
        stack.callback(postgresql.close)
        database, keys = postgresql.create("drill"), KeyFile(folder / "keys.toml")
        ports = free_ports(2 * len(FRONTS) + 1)
        servers = [
            Server(
                ports[2 * i],
                ports[2 * i + 1],
                folder / f"server{i}.log",
                [*_flags(database, keys), "--fronts", str(fronts)],
            )
            for i, fronts in enumerate(FRONTS)
        ]
        for server in servers:
            stack.callback(server.end)
            server.start()
        for server in servers:
            server.wait_until_ready()
        (folder / "nginx").mkdir()
        proxy = Proxy(folder / "nginx", ports[: 2 * len(FRONTS) : 2], ports[-1])
        stack.callback(proxy.stop)
        yield Service(postgresql, database, keys, servers, proxy)


def _flags(database: str, keys: KeyFile) -> list[str]:
    return [
        "--model", "bundled", "--devices", "cpu", "--engine", "ctranslate2", "--threads", "1",
        "--no-pin", "--database", database, "--trusted-proxy", "127.0.0.1", "--api-keys",
        str(keys.path), "--cache-bytes", "0", "--log-level", "warning",
    ]  # fmt: skip
