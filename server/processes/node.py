"""What all processes of a server with several fronts are made of, loaded before the forks."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gpu_pool.pool import GpuPool
from gpu_pool.remote_pool import RemotePool
from server.auth.process_lock import ProcessLock
from server.core.garbage import settle
from server.core.models import Models
from server.core.settings import Settings
from server.core.state import open_state
from server.http.balance import Balance
from server.jobs.store import open_jobs
from server.metrics.front import Metrics
from server.metrics.shared_values import SharedValues
from server.processes.arbiter import Arbiter, Limits
from server.processes.cores import choose_cores
from server.processes.front_process import FrontProcess
from server.processes.jobs_process import JobsProcess
from server.processes.pool_process import PoolProcess
from server.processes.role import Role
from server.processes.sockets import Sockets
from server.services import Services, make_services

_SAMPLE = "What does this text say?"


@dataclass(frozen=True, slots=True)
class Node:
    """Nothing in it is started: each process starts its own part of it after the fork."""

    pool: GpuPool
    services: Services  # of the fronts
    sockets: Sockets
    fronts: int  # how many

    @classmethod
    @contextmanager
    def loaded(
        cls, settings: Settings, pool: GpuPool, models: Models, sockets: Sockets, fronts: int
    ) -> Iterator["Node"]:
        """Load what the processes can share, so many fronts among them; keep it for the duration.

        Raises what `make_services` raises, StoreError, and OSError.
        """
        with closing(sockets), closing(SharedValues()) as counts:
            services = make_services(
                RemotePool(sockets.address),
                models,
                settings,
                open_jobs(settings, shared=True),
                ProcessLock(),
                Metrics(counts),
                open_state(settings, Path(counts.folder)),
                fronts + bool(settings.jobs),
            )
            services.translation.detect(_SAMPLE)  # reads the tables
            yield cls(pool, services, sockets, fronts)

    def serve(self, banner: str) -> int:
        """Serve until a signal; return the exit code. Needs the main thread."""
        settings = self.services.settings
        roles = self._roles()
        limits = Limits(settings.startup_timeout, settings.hang_timeout, settings.drain_timeout)
        settle()
        return Arbiter(*roles, limits).run(banner)

    def _roles(self) -> tuple[Role, list[Role], Role | None]:
        """Return the work of the pool process, of each front, and of the jobs process if any."""
        services, sockets, fronts = self.services, self.sockets, self.fronts
        cores: list[int | None] = [None] * (fronts + 1)
        if services.settings.pin:
            cores = [*choose_cores(fronts + 1)]
        pool = PoolProcess("pool", cores[fronts], self.pool, services, sockets)
        balance = Balance(fronts)
        front = [FrontProcess(i, cores[i], services, sockets, balance) for i in range(fronts)]
        jobs = JobsProcess("jobs", services, sockets) if services.jobs else None
        return (
            Role(pool.name, pool.run),
            [Role(each.name, each.run) for each in front],
            Role(jobs.name, jobs.run) if jobs else None,
        )
