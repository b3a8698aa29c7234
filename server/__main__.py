"""Composition root: settings → checkpoint → pool → application → waitress."""

import logging
import os
import resource
import sys
from collections.abc import Sequence
from functools import partial

from gpu_pool.devices import parse_devices
from gpu_pool.pool import GpuPool
from gpu_pool.settings import PoolSettings
from server.app import create_admin_app, create_app
from server.glossaries import GlossaryError
from server.http_server import HttpServer
from server.service import ServedModel
from server.services import make_services
from server.serving import serve
from server.settings import Settings, load_settings
from server.worker_target import make_translator
from translator import CheckpointError, TranslatorConfig
from translator.checkpoints import Checkpoint, resolve

_BATCHES_AHEAD = 2
_ADMIN_THREADS = 4


def main(argv: Sequence[str] | None = None) -> int:
    """Run the server until it is told to stop; return the exit code."""
    settings = load_settings(argv, os.environ)
    _allow_descriptors()
    _configure_logging(settings.log_level)
    try:
        devices = parse_devices(settings.devices)
    except TimeoutError as error:
        return _fail(str(error))
    try:
        checkpoint = resolve(settings.model, local_files_only=settings.local_files_only)
        model = _describe_model(settings, checkpoint)
    except CheckpointError as error:
        return _fail(f"model {settings.model}: {error}")
    try:
        pool = _make_pool(settings, devices, checkpoint)
    except ValueError as error:  # settings that are fine one by one, but not together
        return _fail(str(error))
    try:
        services = make_services(pool, model, settings)
    except GlossaryError as error:
        return _fail(f"glossary {error}")
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
    return serve(pool, http, admin, settings.drain_timeout, banner)


def _describe_model(settings: Settings, checkpoint: Checkpoint) -> ServedModel:
    def memory(tokens: int) -> int:
        return checkpoint.bytes_per_segment(tokens, settings.beams, settings.dtype)

    return ServedModel(checkpoint.name, checkpoint.languages, checkpoint.segmenter(), memory)


def _make_pool(settings: Settings, devices: Sequence[str], checkpoint: Checkpoint) -> GpuPool:
    cpus = sum(device.startswith("cpu") for device in devices)
    config = TranslatorConfig(
        model=str(checkpoint.folder),  # found or downloaded here, once for all workers
        dtype=settings.dtype,
        engine=settings.engine,
        beams=settings.beams,
        batch_tokens=settings.batch_tokens,
        threads=max(1, len(os.sched_getaffinity(0)) // cpus) if cpus else None,
        cache=settings.cache,
    )
    limits = PoolSettings(
        max_queued_tokens=settings.max_queued_tokens,
        worker_tokens=_BATCHES_AHEAD
        * settings.batch_tokens
        // (settings.beams or checkpoint.beams),
        hang_timeout=settings.hang_timeout,
    )
    return GpuPool(devices, partial(make_translator, config=config), limits)


def _allow_descriptors() -> None:
    """Take as many descriptors as we may: idle connections must not keep the admin port shut."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _configure_logging(level: str) -> None:
    logging.basicConfig(
        level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # waitress names the paths of requests when it tells about clients that went away.
    logging.getLogger("waitress").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


def _fail_to_listen(place: str, error: OSError) -> int:
    return _fail(f"cannot listen on {place}: {error.strerror or error}")


def _fail(message: str) -> int:
    sys.stderr.write(f"m2m-server: {message}\n")
    return 1


if __name__ == "__main__":  # a worker that is spawned imports this module again
    sys.exit(main())
