"""The nginx of the hybrid overlay with its own configuration, where nginx is installed."""

import http.client
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.drill.proxy import NGINX
from server.core.settings import Settings
from tests.k8s.objects import named, workloads
from tests.k8s.rendering import K8S, Object, render
from tests.nginx import Backend, needs_nginx

CONFIG = (K8S / "overlays/hybrid/nginx.conf").read_text()


class Front:
    """nginx with the overlay's configuration, its names and ports replaced."""

    def __init__(self, folder: Path, gpu: Backend, cpu: Backend) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.log = folder / "log"
        text = CONFIG.replace("m2m-server-gpu:8000", f"127.0.0.1:{gpu.port}")
        text = text.replace("m2m-server-cpu:8000", f"127.0.0.1:{cpu.port}")
        text = text.replace("listen 8080", f"listen 127.0.0.1:{self.port}")
        text = text.replace("/tmp/", f"{folder}/").replace("/dev/stderr", str(self.log))
        (folder / "nginx.conf").write_text(text)
        assert NGINX is not None  # `needs_nginx`
        command = [NGINX, "-e", str(self.log), "-g", "daemon off;", "-c"]
        self.process = subprocess.Popen([*command, str(folder / "nginx.conf")])
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 10
        while self.process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        pytest.fail(f"nginx does not listen: {self.log.read_text()}")

    def post(self, path: str = "/translation", client: str | None = None) -> tuple[int, str]:
        """Return the status, and who answered."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"X-Forwarded-For": client} if client else {}
        connection.request("POST", path, body=b"a text", headers=headers)
        response = connection.getresponse()
        answer = response.status, response.read().decode()
        connection.close()
        return answer

    def stop(self) -> int:
        self.process.send_signal(3)  # QUIT, the stop signal of nginx's images
        return self.process.wait(10)


@pytest.fixture
def gpu() -> Iterator[Backend]:
    backend = Backend("gpu")
    yield backend
    backend.stop()


@pytest.fixture
def cpu() -> Iterator[Backend]:
    backend = Backend("cpu")
    yield backend
    backend.stop()


@pytest.fixture
def front(tmp_path: Path, gpu: Backend, cpu: Backend) -> Iterator[Front]:
    tmp_path.chmod(0o755)
    front = Front(tmp_path, gpu, cpu)
    yield front
    if front.process.poll() is None:
        front.stop()


@needs_nginx
def test_gpus_come_first(front: Front, cpu: Backend) -> None:
    assert {front.post() for _ in range(20)} == {(200, "gpu")}
    assert cpu.seen == []


@needs_nginx
@pytest.mark.parametrize("status", [429, 503])
def test_what_gpus_refuse_goes_to_the_cpus(
    front: Front, gpu: Backend, cpu: Backend, status: int
) -> None:
    gpu.status = status
    assert {front.post() for _ in range(5)} == {(200, "cpu")}
    assert len(gpu.seen) == 5  # each was offered to the GPUs first
    assert {body for _, _, body in cpu.seen} == {b"a text"}
    gpu.status = 200
    assert front.post() == (200, "gpu")


@needs_nginx
def test_what_no_gpu_listens_to_goes_to_the_cpus(front: Front, gpu: Backend) -> None:
    gpu.stop()
    assert front.post() == (200, "cpu")


@needs_nginx
@pytest.mark.parametrize("status", [400, 413, 500, 504])
def test_an_error_that_cpus_would_repeat_is_passed_on(
    front: Front, gpu: Backend, cpu: Backend, status: int
) -> None:
    gpu.status = status
    assert front.post() == (status, "gpu")
    assert cpu.seen == []


@needs_nginx
def test_when_both_are_full_the_client_hears_so(front: Front, gpu: Backend, cpu: Backend) -> None:
    gpu.status = cpu.status = 429
    assert front.post() == (429, "cpu")


@needs_nginx
def test_clients_are_named(front: Front, gpu: Backend) -> None:
    front.post()
    front.post(client="192.0.2.7")
    assert [client for _, client, _ in gpu.seen] == ["127.0.0.1", "192.0.2.7"]


@needs_nginx
def test_no_text_reaches_the_log(front: Front, gpu: Backend, cpu: Backend) -> None:
    gpu.stop()
    cpu.stop()
    assert front.post("/translate?q=confidential")[0] == 502
    assert front.stop() == 0
    assert "confidential" not in front.log.read_text()


def test_ports_and_times_are_those_around_it() -> None:
    objects = render("overlays/hybrid")
    (front,) = [w for w in workloads(objects) if w.labels["app.kubernetes.io/name"] == "m2m-front"]
    (port,) = front.main["ports"]
    assert f"listen {port['containerPort']};" in CONFIG
    for probe in ("readinessProbe", "livenessProbe"):
        assert f"location = {front.main[probe]['httpGet']['path']} {{" in CONFIG
    for host, served in re.findall(r"server (m2m-server-[a-z]+):(\d+)", CONFIG):
        service = named(objects, "Service", host)
        assert [str(port["port"]) for port in service["spec"]["ports"]] == [served]
    longest = float(named_setting(objects, "TRANSLATION_MAX_TIMEOUT"))
    (read,) = re.findall(r"proxy_read_timeout (\d+)s", CONFIG)
    assert float(read) > longest
    (pause,) = [int(front.main["lifecycle"]["preStop"]["exec"]["command"][1])]
    assert front.pod["terminationGracePeriodSeconds"] > pause + float(read)
    (size,) = re.findall(r"client_max_body_size (\d+)m", CONFIG)
    assert int(size) * 2**20 > Settings().max_body_bytes


def named_setting(objects: list[Object], name: str) -> str:
    """Return a setting that all pools share."""
    (pool, *_) = [workload for workload in workloads(objects) if workload.serves]
    return pool.environment[name]
