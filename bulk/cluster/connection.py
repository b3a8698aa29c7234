"""The Ray cluster that a run uses. It is never started here: `ray start` and KubeRay do that."""

import logging
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from bulk.errors import InputError, RetryableError

AUTO = "auto"
_ADDRESS = re.compile(r"(?P<host>[^:/\s]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})")
_CONNECT_SECONDS = 10.0
_CPU_THREADS = 4
_START = "start one (ray start --head), or leave --ray away to use the devices of this machine"


@dataclass(frozen=True, slots=True)
class ActorSize:
    """What each actor reserves of its node, and how many fit into the cluster as it is."""

    cpus: int
    gpus: float  # 0: it translates on its CPUs
    fit: int

    @property
    def per_gpu(self) -> int:
        """The number of actors that share a GPU."""
        return int(1 / self.gpus) if self.gpus else 1


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that this process has joined."""

    nodes: list[Mapping[str, float]]  # resources of each node that is alive
    node_id: str  # of the node where this process runs

    def actor_size(self, gpus: float | None, threads: int | None) -> ActorSize:
        """Return the size of actors: on GPUs if the cluster has some, or `gpus` asks for them.

        On CPUs an actor has `threads` cores, else four, or as many as the smallest node has.
        """
        if gpus is None:
            gpus = 1.0 if any(node.get("GPU") for node in self.nodes) else 0.0
        smallest = min((node["CPU"] for node in self.nodes if node.get("CPU", 0) >= 1), default=0)
        cpus = 1 if gpus else threads or min(_CPU_THREADS, int(smallest) or _CPU_THREADS)
        wanted = {"CPU": float(cpus), "GPU": gpus}
        fit = sum(
            int(min(node.get(name, 0.0) / amount for name, amount in wanted.items() if amount))
            for node in self.nodes
        )
        return ActorSize(cpus, gpus, fit)

    def count_devices(self) -> int:
        """Return the number of GPUs; those of a cluster without any are its nodes with CPUs."""
        gpus = sum(int(node.get("GPU", 0)) for node in self.nodes)
        return gpus or sum(node.get("CPU", 0) >= 1 for node in self.nodes)


def join(address: str, environ: Mapping[str, str] = os.environ) -> Cluster:
    """Join the cluster at an address, or the one that this machine belongs to.

    Raises InputError where ray is not installed or the address is none, and RetryableError where no
    cluster is there.
    """
    if find_spec("ray") is None:
        raise InputError("--ray needs the package ray: pip install 'm2m-server[ray]'")
    if address == AUTO:
        address = environ.get("RAY_ADDRESS") or AUTO
    if address != AUTO:
        _check(address)
    # Else it prints that actors have arguments, and retries of what it repeats.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    import ray

    try:
        ray.init(address, log_to_driver=False, logging_level=logging.WARNING)
    except ConnectionError:
        if address == AUTO:
            raise RetryableError(f"no Ray cluster runs on this machine: {_START}") from None
        message = f"no Ray cluster runs at {address}, or this machine is none of its nodes"
        raise RetryableError(f"{message}: {_START}") from None
    except RuntimeError as error:  # the cluster has another version of Ray or Python
        raise RetryableError(f"cannot join the Ray cluster {address}: {error}") from None
    context: Any = ray.get_runtime_context()
    alive = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return Cluster(alive, context.get_node_id())


def _check(address: str) -> None:
    """Raise unless something listens there: Ray would try for minutes."""
    match = _ADDRESS.fullmatch(address)
    if not match:
        raise InputError(
            f"--ray {address}: must be auto, or HOST:PORT of a cluster that this machine belongs "
            "to. From elsewhere, send it as a job: ray job submit -- m2m-translate --ray auto …"
        )
    try:
        host = match["host"].strip("[]")
        socket.create_connection((host, int(match["port"])), _CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise RetryableError(f"no Ray cluster answers at {address} ({error}): {_START}") from None
