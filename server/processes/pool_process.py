"""The process of the pool: it owns the workers, and answers operators."""

from dataclasses import dataclass, replace

from gpu_pool.pool import GpuPool
from gpu_pool.pool_server import PoolServer
from server.app import create_admin_app
from server.http.waitress_server import HttpServer
from server.processes.arbiter_link import ArbiterLink
from server.processes.cores import pin
from server.processes.heartbeat import Heartbeat
from server.processes.sockets import Sockets
from server.services import Services

ADMIN_THREADS = 4


@dataclass(frozen=True, slots=True)
class PoolProcess:
    """Its services are those of the fronts, but with the pool itself."""

    name: str
    core: int | None  # that it is confined to; None: any
    pool: GpuPool
    services: Services
    sockets: Sockets

    def run(self, link: ArbiterLink) -> int:
        """Serve fronts and operators until an order; return the exit code."""
        if self.core is not None:
            pin(self.core)  # before there are threads
        self.sockets.keep_pool()
        services = replace(self.services, pool=self.pool)
        services.metrics.enter_process(self.name)
        services.metrics.watch(self.pool.status)
        app = create_admin_app(services)
        admin = HttpServer(app, services.settings, self.sockets.admin, ADMIN_THREADS)
        self.pool.start()
        PoolServer(self.pool, self.sockets.pool).start()
        admin.start()
        admin.call(link.ready)
        Heartbeat(link, lambda: admin.call(link.beat)).wait_for_order()
        self.pool.close()
        admin.close()
        return 0
