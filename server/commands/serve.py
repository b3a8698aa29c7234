"""Composition root: settings → checkpoint → pool → application → waitress."""

import os
import resource
import sys
from collections.abc import Sequence

from gpu_pool.devices import parse_devices
from server.app import create_admin_app, create_app
from server.auth.keys import KeysError
from server.commands.key import key_command
from server.commands.lifecycle import serve
from server.core.glossaries import GlossaryError
from server.core.pool_factory import describe_model, make_pool
from server.core.settings import load_settings
from server.http.logs import configure_logging
from server.http.waitress_server import HttpServer
from server.jobs.database import StoreError
from server.jobs.store import open_jobs
from server.services import make_services
from translator import CheckpointError
from translator.models.checkpoints import resolve

_ADMIN_THREADS = 4


def run(arguments: Sequence[str]) -> int:
    """Do what the command line says; return the exit code."""
    if arguments[:1] == ["fetch"]:
        from server.commands import fetch

        return fetch.main(arguments[1:])
    if arguments[:1] == ["key"]:
        return key_command(arguments[1:])
    return _serve(arguments)


def _serve(argv: Sequence[str]) -> int:
    settings = load_settings(argv, os.environ)
    _allow_descriptors()
    configure_logging(settings.log_level, settings.log_format)
    try:
        devices = parse_devices(settings.devices)
    except TimeoutError as error:
        return _fail(str(error))
    try:
        checkpoint = resolve(settings.model, local_files_only=settings.local_files_only)
        model = describe_model(settings, checkpoint)
    except CheckpointError as error:
        return _fail(f"model {settings.model}: {error}")
    try:
        pool = make_pool(settings, devices, checkpoint)
    except ValueError as error:  # settings that are fine one by one, but not together
        return _fail(str(error))
    try:
        store = open_jobs(settings)
    except StoreError as error:
        return _fail(f"jobs: {error}")
    try:
        services = make_services(pool, model, settings, store)
    except GlossaryError as error:
        return _fail(f"glossary {error}")
    except KeysError as error:
        return _fail(f"API keys: {error}")
    try:
        http = HttpServer(create_app(services), settings)
    except OSError as error:
        return _fail_to_listen(f"{settings.host} port {settings.port}", error)
    admin_port = settings.admin_listen_port
    try:
        admin_app = create_admin_app(services)
        admin = HttpServer(admin_app, settings, admin_port, _ADMIN_THREADS)
    except OSError as error:
        return _fail_to_listen(f"{settings.host} admin port {admin_port}", error)
    urls = f"{http.url}, admin {admin.url}"
    banner = f"m2m-server at {urls}, model {model.name}, devices {','.join(devices)}"
    return serve(pool, http, admin, settings.drain_timeout, banner, services.jobs)


def _allow_descriptors() -> None:
    """Take as many descriptors as we may: idle connections must not keep the admin port shut."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _fail_to_listen(place: str, error: OSError) -> int:
    return _fail(f"cannot listen on {place}: {error.strerror or error}")


def _fail(message: str) -> int:
    sys.stderr.write(f"m2m-server: {message}\n")
    return 1
