"""A Ray cluster of several nodes on this machine; the command runs on its head."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_NODE = {"num_cpus": 1, "num_gpus": 0, "object_store_memory": 100 * 2**20}


@dataclass(frozen=True)
class Nodes:
    """A head without cores, and nodes with one core each, by their ids."""

    cluster: Any
    by_id: dict[str, Any]
    logs: Path  # of all nodes

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    def add(self) -> None:
        node = self.cluster.add_node(**_NODE)
        self.by_id[node.node_id] = node

    def kill(self, node_id: str) -> None:
        self.cluster.remove_node(self.by_id.pop(node_id), allow_graceful=False)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    pytest.importorskip("ray", reason="the package ray is missing: pip install 'm2m-server[ray]'")
    from ray.cluster_utils import Cluster

    folder = tempfile.mkdtemp(prefix="ray-")  # names of sockets in it must be short
    handler = signal.getsignal(signal.SIGTERM)
    cluster = Cluster()
    cluster.add_node(**_NODE | {"num_cpus": 0}, temp_dir=folder)
    yield cluster
    cluster.shutdown()
    # Nodes set their own, and processes that later tests fork would raise SystemExit in it.
    signal.signal(signal.SIGTERM, handler)
    shutil.rmtree(folder)


@pytest.fixture
def nodes(cluster: Any) -> Iterator[Nodes]:
    """Two nodes."""
    nodes = Nodes(cluster, {}, Path(cluster.head_node.get_logs_dir_path()))
    nodes.add()
    nodes.add()
    cluster.wait_for_nodes()
    yield nodes
    for node_id in list(nodes.by_id):
        nodes.kill(node_id)
