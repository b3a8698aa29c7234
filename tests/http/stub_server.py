"""The server's process with a fake pool, for test_shutdown.py."""

import os
import sys
import warnings
from multiprocessing.connection import Connection

from server.app import create_admin_app, create_app
from server.commands.lifecycle import serve
from server.core.settings import Settings
from server.http.listener import Listener
from server.http.waitress_server import HttpServer
from server.services import make_services
from tests.fakes import FakePool, one_model

EXPANSION = 16_000_000  # characters; more than the kernel buffers between two sockets


def expand(text: str) -> str:
    """Upper-case, or make a reply that does not fit the buffers of a connection."""
    return "X" * EXPANSION if text == "big" else text.upper()


def main(mode: str, banner: Connection) -> None:
    """Serve from a pool that holds every request; send the addresses into `banner`.

    In mode "finishing" it translates them once it drains. In mode "stuck" it never does, nor in
    mode "impatient", whose time for the drain is short.
    """
    warnings.simplefilter("error")
    pool = FakePool(translate=expand)
    pool.holding = True
    pool.finishes_on_drain = mode == "finishing"
    drain_timeout = 0.2 if mode == "impatient" else 60.0
    settings = Settings(port=0, drain_timeout=drain_timeout)
    services = make_services(pool, one_model(), settings)
    http = HttpServer(create_app(services), settings)
    admin_app = create_admin_app(services)
    admin = HttpServer(admin_app, settings, Listener(settings.host, 0), threads=2)
    os.dup2(banner.fileno(), sys.stdout.fileno())  # where `serve` prints it
    sys.exit(serve(pool, http, admin, settings.drain_timeout, f"{http.url} {admin.url}"))
