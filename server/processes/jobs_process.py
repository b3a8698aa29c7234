"""The process of the jobs: it translates what fronts have put into the store."""

from dataclasses import dataclass

from server.processes.arbiter_link import ArbiterLink
from server.processes.heartbeat import Heartbeat
from server.processes.sockets import Sockets
from server.services import Services


@dataclass(frozen=True, slots=True)
class JobsProcess:
    """One for all fronts: two must not work on the same job."""

    name: str
    services: Services
    sockets: Sockets

    def run(self, link: ArbiterLink) -> int:
        """Process jobs until an order; return the exit code. Unfinished jobs resume later."""
        self.sockets.keep_none()
        self.services.metrics.enter_process(self.name)
        pool, jobs = self.services.pool, self.services.jobs
        assert jobs is not None, "there is no such process without jobs"
        pool.start()
        jobs.start()
        link.ready()
        Heartbeat(link, link.beat).wait_for_order()
        jobs.stop()
        pool.close()
        jobs.close()
        self.services.access.close()
        return 0
