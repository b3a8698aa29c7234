"""`m2m-server serve`: settings → checkpoint → pool → applications → waitress."""

import argparse
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from gpu_pool.devices import parse_devices
from gpu_pool.pool import GpuPool
from server.app import create_admin_app, create_app
from server.auth.keys import KeysError
from server.commands.lifecycle import serve
from server.core.database import StoreError
from server.core.garbage import settle
from server.core.glossaries import GlossaryError
from server.core.pool_factory import describe_model, make_pool
from server.core.served_model import ServedModel
from server.core.settings import Settings
from server.core.settings_sources import make_settings, refuse_arguments
from server.core.state import open_state
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
from translator.models.checkpoints import resolve
from translator.text.fasttext_file import FasttextFileError


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
        devices = _find_devices(settings)
        fronts = settings.fronts or front_count(devices, len(os.sched_getaffinity(0)))
        if fronts == 1:
            return _serve_alone(settings, devices)
        return _serve_with_fronts(settings, devices, fronts)
    except _StartError as error:
        sys.stderr.write(f"m2m-server: {error}\n")
        return 1


def _serve_alone(settings: Settings, devices: Sequence[str]) -> int:
    """Serve from this process."""
    with _explained(settings):
        model, pool = _make_pool(settings, devices, 1)
        services = make_services(
            pool, model, settings, open_jobs(settings), state=open_state(settings)
        )
    if settings.pin:
        pin(*choose_cores(1))  # before there are threads
    http, admin = _listen(settings)
    banner = _banner(http, admin, model, devices)
    client_server = HttpServer(create_app(services), settings, http)
    admin_server = HttpServer(create_admin_app(services), settings, admin, ADMIN_THREADS)
    timeout = settings.drain_timeout
    settle()
    with closing(services.usage):
        return serve(pool, client_server, admin_server, timeout, banner, services.jobs)


def _serve_with_fronts(settings: Settings, devices: Sequence[str], fronts: int) -> int:
    """Serve from children of this process."""
    with _explained(settings):
        model, pool = _make_pool(settings, devices, fronts + bool(settings.jobs))
        http, admin = _listen(settings)
        banner = _banner(http, admin, model, devices)
        with Node.loaded(settings, pool, model, _sockets(http, admin)) as node:
            return node.serve(fronts, f"{banner}, {fronts} fronts")


def _sockets(http: Listener, admin: Listener) -> Sockets:
    try:
        return Sockets(http, admin)
    except OSError as error:  # such as no folder for temporary files
        reason = error.strerror or error
        raise _StartError(f"cannot make a socket for the pool: {reason}") from error


def _make_pool(
    settings: Settings, devices: Sequence[str], processes: int
) -> tuple[ServedModel, GpuPool]:
    checkpoint = resolve(settings.model, local_files_only=settings.local_files_only)
    model = describe_model(settings, devices, checkpoint, processes)
    try:
        return model, make_pool(settings, devices, checkpoint)
    except ValueError as error:  # settings that are valid one by one, but not together
        raise _StartError(str(error)) from error


def _banner(http: Listener, admin: Listener, model: ServedModel, devices: Sequence[str]) -> str:
    urls = f"{http.url}, admin {admin.url}"
    return f"m2m-server at {urls}, model {model.name}, devices {','.join(devices)}"


def _find_devices(settings: Settings) -> tuple[str, ...]:
    try:
        return parse_devices(settings.devices)
    except TimeoutError as error:
        raise _StartError(str(error)) from error


@contextmanager
def _explained(settings: Settings) -> Iterator[None]:
    """Say what errors in the parts of a server mean."""
    try:
        yield
    except CheckpointError as error:
        raise _StartError(f"model {settings.model}: {error}") from error
    except StoreError as error:
        raise _StartError(f"{error.store}: {error}") from error
    except GlossaryError as error:
        raise _StartError(f"glossary {error}") from error
    except FasttextFileError as error:
        raise _StartError(f"detector {settings.detector}: {error}") from error
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
