"""A Ray cluster of several nodes on this machine; the command runs on its head.

It takes seconds to start, so all tests of this folder share it.
"""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_NODE = {"num_cpus": 1, "num_gpus": 0, "object_store_memory": 100 * 2**20}
_NODES = 2
# Without what nobody looks at here.
_HEAD = {
    "num_cpus": 0,
    "include_dashboard": False,
    "include_log_monitor": False,
    "no_monitor": True,
}
# With Ray's own period, 3 s, it takes 15 s until the death of a node is noticed. A node that is
# slow to answer still has Ray's 10 s each time.
_HEALTH = {"health_check_initial_delay_ms": 300, "health_check_period_ms": 300}


@dataclass(frozen=True)
class Nodes:
    """A head without cores, and nodes with one core each, by their ids."""

    cluster: Any
    logs: Path  # of all nodes
    by_id: dict[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    def complete(self) -> None:
        """Replace the nodes that have been killed."""
        while len(self.by_id) < _NODES:
            with _own_handler():
                node = self.cluster.add_node(**_NODE)
            self.by_id[node.node_id] = node
        self.cluster.wait_for_nodes()

    def kill(self, node_id: str) -> None:
        self.cluster.remove_node(self.by_id.pop(node_id), allow_graceful=False)


@contextmanager
def _own_handler() -> Iterator[None]:
    """Keep the handler of SIGTERM: a node sets its own, and forked processes would exit by it."""
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture(scope="package")
def cluster() -> Iterator[Nodes]:
    pytest.importorskip("ray", reason="the package ray is missing: pip install 'm2m-server[ray]'")
    from ray.cluster_utils import Cluster

    folder = tempfile.mkdtemp(prefix="ray-")  # names of sockets in it must be short
    cluster = Cluster()
    with pytest.MonkeyPatch.context() as patch:
        # Also of nodes and commands that tests start.
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_TMPDIR", folder)
        with _own_handler():
            cluster.add_node(**_NODE | _HEAD, _system_config=_HEALTH)
        yield Nodes(cluster, Path(cluster.head_node.get_logs_dir_path()))
        cluster.shutdown()
    shutil.rmtree(folder)


@pytest.fixture
def nodes(cluster: Nodes) -> Nodes:
    """Two nodes."""
    cluster.complete()
    return cluster
