"""The pod of `helm test`, as it runs, against a server."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from werkzeug.serving import make_server

from server.app import create_app
from server.auth.keys import digest_of
from server.core.settings import Settings
from server.services import make_services
from tests.fakes import FakePool, one_model
from tests.k8s.chart import Values, render_chart, rendered_files
from tests.k8s.objects import matches, named, of_kind

KEYS = f'[alice]\nsha256 = "{digest_of("m2m_alice")}"\n'


def pod_of(values: Values) -> dict[str, Any]:
    pod: dict[str, Any] = yaml.safe_load(rendered_files(values)["tests/served.yaml"])
    return pod


@pytest.fixture
def pool() -> FakePool:
    return FakePool()


@pytest.fixture
def address(pool: FakePool) -> Iterator[str]:
    """Serve with API keys: the test has none, and needs none."""
    app = create_app(make_services(pool, one_model(), Settings(api_keys_toml=KEYS)))
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(address: str) -> "subprocess.CompletedProcess[str]":
    (container,) = pod_of({})["spec"]["containers"]
    _, *rest = container["command"]
    return subprocess.run(
        [sys.executable, *rest, address], capture_output=True, text=True, check=False
    )


def test_it_succeeds_where_texts_are_served(address: str) -> None:
    done = run(address)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "ready, with 5 languages\n"


def test_it_fails_where_no_worker_is_ready(address: str, pool: FakePool) -> None:
    pool.state = "loading"
    assert run(address).returncode != 0


def test_it_asks_the_service_of_clients() -> None:
    (container,) = pod_of({})["spec"]["containers"]
    service = named(render_chart({}), "Service", "m2m-server")
    (port,) = service["spec"]["ports"]
    assert container["args"] == [f"http://m2m-server.m2m-server.svc:{port['port']}"]


def test_network_policies_let_it_ask() -> None:
    values: Values = {"networkPolicy": {"enabled": True}}
    labels = pod_of(values)["metadata"]["labels"]
    policies = of_kind(render_chart(values), "NetworkPolicy")
    assert [p for p in policies if matches(p["spec"]["podSelector"], labels)] == []
    clients = named(policies, "NetworkPolicy", "m2m-server-clients")
    peers = clients["spec"]["ingress"][0]["from"]
    assert any(
        matches(peer.get("podSelector", {"matchLabels": {"": ""}}), labels) for peer in peers
    )


@pytest.mark.parametrize(("device", "image"), [("cpu", "m2m-server"), ("gpu", "m2m-server-cuda")])
def test_it_needs_no_image_that_the_pools_do_not_have(device: str, image: str) -> None:
    (container,) = pod_of({"pools": {"main": {"device": device}}})["spec"]["containers"]
    assert container["image"].partition(":")[0] == image
