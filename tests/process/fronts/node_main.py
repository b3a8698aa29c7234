"""A server of several processes with stub workers, which `node_server` runs."""

import argparse
from pathlib import Path

from gpu_pool.model_spec import ModelSpec
from gpu_pool.pool import GpuPool
from gpu_pool.settings import PoolSettings
from server.core.settings import Settings
from server.http.listener import Listener
from server.http.logs import configure_logging
from server.processes.node import Node
from server.processes.sockets import Sockets
from tests.process.plain_text import one_model
from tests.process.stubs import Stub


def main() -> int:
    """Serve with two fronts and two workers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fronts", type=int, default=2)
    parser.add_argument("--jobs", type=Path)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--api-keys")
    parser.add_argument("--database")
    parser.add_argument("--hang-timeout", type=float, default=60.0)
    parser.add_argument("--drain-timeout", type=float, default=60.0)
    parser.add_argument("--pin", default="true")
    arguments = parser.parse_args()
    configure_logging("info", "text")
    settings = Settings(
        port=0,
        pin=arguments.pin == "true",
        jobs=arguments.jobs,
        state=arguments.state,
        api_keys=arguments.api_keys,
        database=arguments.database,
        hang_timeout=arguments.hang_timeout,
        drain_timeout=arguments.drain_timeout,
    )
    limits = PoolSettings(backoff_initial=0.02, stop_grace=2.0)
    pool = GpuPool([ModelSpec("plain", ["cpu:0", "cpu:1"], Stub, worker_tokens=100)], limits)
    http, admin = Listener(settings.host, 0), Listener(settings.host, 0)
    fronts = arguments.fronts
    with Node.loaded(settings, pool, one_model(), Sockets(http, admin), fronts) as node:
        return node.serve(f"{http.url} {admin.url}")
