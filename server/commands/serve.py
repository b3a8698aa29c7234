"""`m2m-server serve`: settings → checkpoint → pool → applications → waitress."""

import argparse
import os
import resource
import sys
from collections.abc import Sequence

from gpu_pool.devices import parse_devices
from server.app import create_admin_app, create_app
from server.auth.keys import KeysError
from server.commands.lifecycle import serve
from server.core.glossaries import GlossaryError
from server.core.pool_factory import describe_model, make_pool
from server.core.settings import Settings
from server.core.settings_sources import make_settings, refuse_arguments
from server.http.logs import configure_logging
from server.http.waitress_server import HttpServer
from server.jobs.database import StoreError
from server.jobs.store import open_jobs
from server.services import Services, make_services
from translator import CheckpointError
from translator.models.checkpoints import resolve

_ADMIN_THREADS = 4


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
        services = _make_services(settings, devices)
        http, admin = _listen(settings, services)
    except _StartError as error:
        sys.stderr.write(f"m2m-server: {error}\n")
        return 1
    urls = f"{http.url}, admin {admin.url}"
    banner = f"m2m-server at {urls}, model {services.model.name}, devices {','.join(devices)}"
    return serve(services.pool, http, admin, settings.drain_timeout, banner, services.jobs)


def _find_devices(settings: Settings) -> tuple[str, ...]:
    try:
        return parse_devices(settings.devices)
    except TimeoutError as error:
        raise _StartError(str(error)) from error


def _make_services(settings: Settings, devices: Sequence[str]) -> Services:
    try:
        checkpoint = resolve(settings.model, local_files_only=settings.local_files_only)
        model = describe_model(settings, checkpoint)
    except CheckpointError as error:
        raise _StartError(f"model {settings.model}: {error}") from error
    try:
        pool = make_pool(settings, devices, checkpoint)
    except ValueError as error:  # settings that are valid one by one, but not together
        raise _StartError(str(error)) from error
    try:
        return make_services(pool, model, settings, open_jobs(settings))
    except StoreError as error:
        raise _StartError(f"jobs: {error}") from error
    except GlossaryError as error:
        raise _StartError(f"glossary {error}") from error
    except KeysError as error:
        raise _StartError(f"API keys: {error}") from error


def _listen(settings: Settings, services: Services) -> tuple[HttpServer, HttpServer]:
    """Bind both ports."""
    try:
        http = HttpServer(create_app(services), settings)
    except OSError as error:
        raise _no_listener(f"{settings.host} port {settings.port}", error) from error
    port = settings.admin_listen_port
    try:
        return http, HttpServer(create_admin_app(services), settings, port, _ADMIN_THREADS)
    except OSError as error:
        raise _no_listener(f"{settings.host} admin port {port}", error) from error


def _raise_descriptor_limit() -> None:
    """Allow as many descriptors as possible: idle connections must not block the admin port."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _no_listener(place: str, error: OSError) -> _StartError:
    return _StartError(f"cannot listen on {place}: {error.strerror or error}")
