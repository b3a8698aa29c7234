"""A front: one of several processes that answer clients, around a pool elsewhere."""

from dataclasses import dataclass

from server.app import create_app
from server.http.balance import Balance
from server.http.waitress_server import HttpServer
from server.processes.arbiter_link import ArbiterLink, Order
from server.processes.cores import pin
from server.processes.drain import drain
from server.processes.heartbeat import Heartbeat
from server.processes.sockets import Sockets
from server.services import Services


@dataclass(frozen=True, slots=True)
class FrontProcess:
    """HTTP, and all work on texts."""

    number: int
    core: int | None  # that it is confined to; None: any
    services: Services
    sockets: Sockets
    balance: Balance

    @property
    def name(self) -> str:
        """Its name for people."""
        return f"front {self.number}"

    def run(self, link: ArbiterLink) -> int:
        """Serve clients until an order; return the exit code.

        Without the pool, translations are answered with 503, and everything else as usual.
        """
        if self.core is not None:
            pin(self.core)  # before there are threads
        self.sockets.keep_http()
        self.balance.enter(self.number)
        services = self.services
        services.metrics.enter_process(self.name)
        pool, settings, jobs = services.pool, services.settings, services.jobs
        http = HttpServer(create_app(services), settings, self.sockets.http, balance=self.balance)
        pool.start()
        http.start()
        http.call(link.ready)
        heartbeat = Heartbeat(link, lambda: http.call(link.beat))
        order = heartbeat.wait_for_order()
        if jobs is not None:
            jobs.stop()  # ends event streams
        if order is Order.DRAIN:
            drain(pool, http, settings.drain_timeout, heartbeat.wait)
        pool.close()  # before the connections: unfinished requests are answered with 503
        http.close()
        if jobs is not None:
            jobs.close()
        services.access.close()
        return 0
