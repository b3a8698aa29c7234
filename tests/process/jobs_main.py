"""A server with stub workers that processes jobs, which `jobs_server` runs."""

import os
from contextlib import closing
from pathlib import Path

from gpu_pool.model_spec import ModelSpec
from gpu_pool.pool import GpuPool
from gpu_pool.settings import PoolSettings
from server.app import create_admin_app, create_app
from server.commands.lifecycle import serve
from server.core.settings import Settings
from server.core.state import open_state
from server.http.listener import Listener
from server.http.waitress_server import HttpServer
from server.jobs import leases
from server.jobs.store import open_jobs
from server.services import make_services
from tests.process import stubs
from tests.process.plain_text import one_model

LEASE = "TEST_LEASE_SECONDS"  # a variable: how long a killed server keeps its jobs from others
STUB = "TEST_STUB"  # a variable: what of `stubs` the workers run


def main(folder: str, database: str | None = None, keys: str | None = None, port: str = "0") -> int:
    """Serve with two workers, and a drain that never times out."""
    leases.LEASE_SECONDS = float(os.environ.get(LEASE, leases.LEASE_SECONDS))
    state = Path(folder).with_name("state")
    settings = Settings(
        port=int(port),
        trusted_proxy="127.0.0.1",
        jobs=Path(folder),
        state=state,
        database=database,
        api_keys="database" if keys == "database" else Path(keys) if keys else None,
        max_jobs=20_000,
        drain_timeout=1000.0,
    )
    limits = PoolSettings(backoff_initial=0.02, stop_grace=2.0)
    stub = getattr(stubs, os.environ.get(STUB, "Stub"))
    pool = GpuPool([ModelSpec("plain", ["cpu:0", "cpu:1"], stub)], limits)
    services = make_services(
        pool, one_model(), settings, open_jobs(settings), state=open_state(settings)
    )
    http = HttpServer(create_app(services), settings)
    admin = HttpServer(create_admin_app(services), settings, Listener(settings.host, 0), threads=2)
    with closing(services.access):
        return serve(pool, http, admin, settings.drain_timeout, http.url, services.jobs)
