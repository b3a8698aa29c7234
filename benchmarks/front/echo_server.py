"""Our server with workers that answer at once; run by `benchmarks.front`. Prints its URL."""

import argparse
import sys

from benchmarks.front.echo_decoder import EchoDecoder
from gpu_pool.model_spec import ModelSpec
from gpu_pool.pool import GpuPool
from gpu_pool.settings import PoolSettings
from server.app import create_admin_app, create_app
from server.commands.lifecycle import serve
from server.core.garbage import settle
from server.core.pool_factory import describe_models
from server.core.settings import Settings
from server.http.listener import Listener
from server.http.logs import configure_logging
from server.http.waitress_server import HttpServer
from server.processes.cores import choose_cores, pin
from server.processes.node import Node
from server.processes.sockets import Sockets
from server.services import make_services
from translator.models.checkpoints import resolve

_LIKE = ("cuda:0",)  # texts are checked as beside a GPU
_QUEUED = 1_000_000  # segments, and tokens of a worker: the pool is not to limit the load


def main() -> int:
    """Serve until SIGTERM; the log is as long as that of a real server."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.front.echo_server")
    parser.add_argument("--fronts", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True, help="of each front")
    parser.add_argument("--workers", type=int, required=True)
    given = parser.parse_args()
    configure_logging("info", "text")
    settings = Settings.model_validate(
        {"port": 0, "admin_port": 0, "jobs": "off", "http_threads": given.threads,
         "max_texts": 1_024, "max_characters": 1_000_000}
    )  # fmt: skip
    checkpoint = resolve(settings.model)
    models = describe_models(settings, {checkpoint.name: _LIKE}, [checkpoint])
    limits = PoolSettings(max_queued_segments=_QUEUED, max_queued_tokens=100 * _QUEUED)
    devices = [f"cpu:{i}" for i in range(given.workers)]
    pool = GpuPool([ModelSpec(checkpoint.name, devices, EchoDecoder, _QUEUED)], limits)
    listener, admin_listener = Listener(settings.host, 0), Listener(settings.host, 0)
    if given.fronts > 1:
        sockets = Sockets(listener, admin_listener)
        with Node.loaded(settings, pool, models, sockets, given.fronts) as node:
            return node.serve(listener.url)
    services = make_services(pool, models, settings)
    pin(*choose_cores(1))
    http = HttpServer(create_app(services), settings, listener)
    admin = HttpServer(create_admin_app(services), settings, admin_listener, threads=1)
    settle()
    return serve(pool, http, admin, settings.drain_timeout, listener.url)


if __name__ == "__main__":
    sys.exit(main())
