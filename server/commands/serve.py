"""`m2m-server serve`: settings → checkpoints → pool → applications → waitress."""

import argparse
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from server.app import create_admin_app, create_app
from server.auth.keys import KeysError
from server.commands.lifecycle import serve
from server.core.garbage import settle
from server.core.glossaries import GlossaryError
from server.core.pool_factory import Prepared, prepare
from server.core.settings import Settings
from server.core.settings_sources import make_settings, refuse_arguments
from server.core.state import open_state
from server.database.interface import StoreError
from server.http.listener import Listener
from server.http.logs import configure_logging
from server.http.waitress_server import HttpServer
from server.jobs.store import open_jobs
from server.processes.cores import choose_cores, pin
from server.processes.front_count import front_count
from server.processes.node import Node
from server.processes.pool_process import ADMIN_THREADS
from server.processes.sockets import Sockets
from server.services import make_services
from translator import CheckpointError


class _StartError(Exception):
    """The server cannot start; the message says why."""


def run(
    parser: argparse.ArgumentParser, arguments: argparse.Namespace, unknown: Sequence[str]
) -> int:
    """Serve until a signal; return the exit code. Exits with code 2 for invalid settings."""
    settings = make_settings(parser, vars(arguments), os.environ, refuse_arguments(unknown))
    _raise_descriptor_limit()
    configure_logging(settings.log_level, settings.log_format)
    try:
        prepared = _prepare(settings)
        fronts = settings.fronts or front_count(prepared.workers, len(os.sched_getaffinity(0)))
        if fronts == 1:
            return _serve_alone(settings, prepared)
        return _serve_with_fronts(settings, prepared, fronts)
    except _StartError as error:
        sys.stderr.write(f"m2m-server: {error}\n")
        return 1


def _serve_alone(settings: Settings, prepared: Prepared) -> int:
    """Serve from this process."""
    pool = prepared.pool
    with _explained():
        jobs, state = open_jobs(settings), open_state(settings)
        services = make_services(pool, prepared.models, settings, jobs, state=state)
    if settings.pin:
        pin(*choose_cores(1))  # before there are threads
    http, admin = _listen(settings)
    banner = _banner(http, admin, prepared)
    client_server = HttpServer(create_app(services), settings, http)
    admin_server = HttpServer(create_admin_app(services), settings, admin, ADMIN_THREADS)
    timeout = settings.drain_timeout
    settle()
    with closing(services.access):
        return serve(pool, client_server, admin_server, timeout, banner, services.jobs)


def _serve_with_fronts(settings: Settings, prepared: Prepared, fronts: int) -> int:
    """Serve from children of this process."""
    with _explained():
        http, admin = _listen(settings)
        banner = _banner(http, admin, prepared)
        sockets = _sockets(http, admin)
        with Node.loaded(settings, prepared.pool, prepared.models, sockets, fronts) as node:
            return node.serve(f"{banner}, {fronts} fronts")


def _sockets(http: Listener, admin: Listener) -> Sockets:
    try:
        return Sockets(http, admin)
    except OSError as error:  # such as no folder for temporary files
        reason = error.strerror or error
        raise _StartError(f"cannot make a socket for the pool: {reason}") from error


def _prepare(settings: Settings) -> Prepared:
    try:
        return prepare(settings)
    # ValueError: settings that are valid one by one, but not together
    except (CheckpointError, TimeoutError, ValueError) as error:
        raise _StartError(str(error)) from error


def _banner(http: Listener, admin: Listener, prepared: Prepared) -> str:
    names = prepared.models.names
    models = f"model{'s' if len(names) > 1 else ''} {', '.join(names)}"
    devices = ",".join(dict.fromkeys(prepared.workers))
    return f"m2m-server at {http.url}, admin {admin.url}, {models}, devices {devices}"


@contextmanager
def _explained() -> Iterator[None]:
    """Say what errors in the parts of a server mean."""
    try:
        yield
    except StoreError as error:
        raise _StartError(f"{error.store}: {error}") from error
    except GlossaryError as error:
        raise _StartError(f"glossary {error}") from error
    except KeysError as error:
        raise _StartError(f"API keys: {error}") from error


def _listen(settings: Settings) -> tuple[Listener, Listener]:
    """Bind both ports."""
    return (
        _listen_on(settings.host, settings.port, "port"),
        _listen_on(settings.host, settings.admin_listen_port, "admin port"),
    )


def _listen_on(host: str, port: int, kind: str) -> Listener:
    try:
        return Listener(host, port)
    except OSError as error:
        place = f"{host} {kind} {port}"
        raise _StartError(f"cannot listen on {place}: {error.strerror or error}") from error


def _raise_descriptor_limit() -> None:
    """Allow as many descriptors as possible: idle connections must not block the admin port."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
