"""What is wrong with an address, or with the machine, is said with what to do about it."""

import socket
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from bulk.cluster import connection
from bulk.cluster.connection import ActorSize, Cluster, join
from bulk.errors import BulkError, InputError, RetryableError

HEAD, CPU, GPU = {"CPU": 0.0}, {"CPU": 16.0}, {"CPU": 32.0, "GPU": 8.0}


def size(*nodes: dict[str, float], gpus: float | None = None, threads: int | None = None) -> Any:
    return Cluster(list(nodes), "id").actor_size(gpus, threads)


@pytest.fixture
def without_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    def init(*_: object, **__: object) -> None:
        raise ConnectionError

    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(init=init))
    monkeypatch.setattr(connection, "find_spec", lambda _: True)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"pip install 'm2m-server\[ray\]'"):
        join("auto", {})


@pytest.mark.parametrize("address", ["ray://head:10001", "http://head:8265", "head", "head:x"])
@pytest.mark.usefixtures("without_cluster")
def test_other_addresses_are_refused(address: str) -> None:
    for where in ((address, {}), ("auto", {"RAY_ADDRESS": address})):
        with pytest.raises(InputError, match=r"must be auto, or HOST:PORT .* ray job submit"):
            join(*where)


@pytest.mark.usefixtures("without_cluster")
def test_a_port_where_nothing_listens_is_found_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for address in (f"127.0.0.1:{port}", "127.0.0.1:99999"):
        with pytest.raises(RetryableError, match=rf"answers at {address} \(.*ray start --head"):
            join(address, {})


@pytest.mark.usefixtures("without_cluster")
def test_a_machine_without_a_cluster_is_told_how_to_start_one() -> None:
    with pytest.raises(BulkError, match="no Ray cluster runs on this machine: start one") as error:
        join("auto", {})
    assert error.value.exit_code == 1


@pytest.mark.usefixtures("without_cluster")
def test_a_machine_that_is_no_node_is_told_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(RetryableError, match="or this machine is none of its nodes"):
            join(address, {})


def test_another_version_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def init(*_: object, **__: object) -> None:
        raise RuntimeError("Version mismatch: Ray 1, Ray 2")

    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(init=init))
    monkeypatch.setattr(connection, "find_spec", lambda _: True)
    with pytest.raises(RetryableError, match="cannot join the Ray cluster auto: Version mismatch"):
        join("auto", {})


def test_actors_are_on_gpus_where_there_are_some() -> None:
    assert size(HEAD, GPU, GPU) == ActorSize(1, 1.0, 16)
    assert size(GPU, gpus=0.25).per_gpu == 4
    assert size(GPU, gpus=0.25).fit == 32
    assert size(GPU, CPU, gpus=0.0, threads=8) == ActorSize(8, 0.0, 6)
    assert size(CPU, gpus=1.0) == ActorSize(1, 1.0, 0)  # they may come


def test_on_cpus_an_actor_has_the_cores_that_every_node_has() -> None:
    assert size(HEAD, CPU, CPU) == ActorSize(4, 0.0, 8)
    assert size(HEAD, CPU, {"CPU": 2.0}) == ActorSize(2, 0.0, 9)
    assert size(HEAD, CPU, threads=3) == ActorSize(3, 0.0, 5)
    assert size(HEAD) == ActorSize(4, 0.0, 0)


@pytest.mark.parametrize(("share", "count"), [(1.0, 1), (0.5, 2), (0.3, 3), (0.2, 5), (0.1, 10)])
def test_actors_that_share_a_gpu_are_counted(share: float, count: int) -> None:
    assert ActorSize(1, share, 0).per_gpu == count


def test_devices_are_gpus_or_else_machines() -> None:
    assert Cluster([HEAD, GPU, CPU], "").count_devices() == 8
    assert Cluster([HEAD, CPU, CPU], "").count_devices() == 2
