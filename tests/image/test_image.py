"""The image, built and run as strictly as a cluster runs it. `make test-image` asks for it."""

import json
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agreement import near_best
from tests.image.builder import BASE, IMAGE, TOOLS, build, has_image, make_base, run
from translator import Translator, TranslatorConfig

MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
PATIENCE = 180.0  # seconds; loading takes a few on an idle machine
TEXT = "Where is the station?"
ASK = f"""
import json, urllib.request
body = dict(text={TEXT!r}, source_language="en", target_language="de")
request = urllib.request.Request(
    "http://127.0.0.1:8000/translation", json.dumps(body).encode(),
    {{"Content-Type": "application/json"}},
)
print(json.load(urllib.request.urlopen(request, timeout=60))["translation"])
"""

if os.environ.get("TEST_IMAGE") != "1":
    pytest.skip("building the image takes minutes: make test-image", allow_module_level=True)
if MISSING or os.geteuid() != 0:
    pytest.skip(
        f"the image is built by root with {', '.join(TOOLS)}; missing here: {MISSING}",
        allow_module_level=True,
    )


def podman(*arguments: str) -> str:
    # runc, where there is one: crun 1.8 refuses machines that mix cgroups of both versions.
    runtime = ["--runtime", "runc"] if shutil.which("runc") else []
    return run("podman", "--log-level", "fatal", *runtime, *arguments, timeout=PATIENCE)


def start(name: str, *arguments: str, options: tuple[str, ...] = ()) -> None:
    """Start a container that may write into /tmp only, and has no network and no rights."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    podman(
        *("run", "--detach", "--name", name, "--network", "none"),
        *("--read-only", "--read-only-tmpfs=false"),
        *("--tmpfs", "/tmp:rw,size=256m,mode=1777", "--cap-drop", "ALL"),
        *("--security-opt", "no-new-privileges"),
        # Podman's own limits are higher than what a sandbox lets root set.
        *("--ulimit", f"nofile={files}:{files}", "--ulimit", "nproc=4096:4096"),
        *(*options, IMAGE, *arguments),
    )


def inspect(name: str, template: str) -> str:
    return podman("inspect", "--format", template, name)


def exit_code(name: str) -> int:
    return int(podman("wait", name))


def refuses(name: str, *command: str) -> bool:
    """Return True if a command fails in the container."""
    return subprocess.run(["podman", "exec", name, *command], check=False).returncode != 0


def wait_until_healthy(name: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while refuses(name, "m2m-server-health"):
        assert time.monotonic() < deadline, podman("logs", name)
        assert inspect(name, "{{.State.Running}}") == "true", podman("logs", name)


@pytest.fixture(scope="module", autouse=True)
def image(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Build it. The base stays on the machine for the next time."""
    if not has_image(BASE):
        make_base(tmp_path_factory.mktemp("base"))
    build(tmp_path_factory.mktemp("build"))


@pytest.fixture
def name(request: pytest.FixtureRequest) -> Iterator[str]:
    """A name for a container, which is removed afterwards."""
    name = f"m2m-server-test-{os.getpid()}-{abs(hash(request.node.name))}"
    yield name
    subprocess.run(["podman", "rm", "--force", "--ignore", name], check=True, capture_output=True)


def test_it_translates_without_a_network_and_stops_with_0(name: str, tmp_path: Path) -> None:
    start(name)
    wait_until_healthy(name)
    here = near_best(Translator(TranslatorConfig(cache=tmp_path)), TEXT, "en", "de")
    assert podman("exec", name, "python3", "-c", ASK) in here
    podman("healthcheck", "run", name)
    podman("stop", "--time", "60", name)
    assert exit_code(name) == 0


def test_a_stop_while_it_starts_is_obeyed_at_once(name: str) -> None:
    start(name)
    podman("stop", "--time", "60", name)
    assert exit_code(name) in (0, 128 + 15)  # 128 + 9: nobody listened until it was killed


def test_it_is_nobody_and_writes_only_into_tmp(name: str) -> None:
    start(name)
    assert podman("exec", name, "id", "-u") == "10001"
    assert podman("exec", name, "sh", "-c", "id -g; touch /tmp/file && echo yes") == "10001\nyes"
    for place in ("/file", "/opt/venv/file", "/opt/models/file", "/var/tmp/file", "/home/file"):
        assert refuses(name, "touch", place), place
    status = podman("exec", name, "cat", "/proc/1/status")
    fields = dict(line.split(":\t") for line in status.splitlines())
    assert (fields["Name"], fields["NoNewPrivs"], int(fields["CapBnd"], 16)) == ("tini", "1", 0)


def test_it_has_neither_a_compiler_nor_pip(name: str) -> None:
    start(name)
    for tool in ("cc", "gcc", "c++", "g++", "clang", "ld", "make", "pip", "pip3"):
        assert refuses(name, "sh", "-c", f"command -v {tool}"), tool
    assert refuses(name, "python3", "-c", "import pip")


def test_the_port_of_the_health_check_is_the_servers(name: str) -> None:
    start(name, options=("--env", "TRANSLATION_PORT=9000", "--env", "TRANSLATION_ADMIN_PORT=9100"))
    wait_until_healthy(name)
    podman("healthcheck", "run", name)
    assert "admin http://0.0.0.0:9100" in podman("logs", name)


def test_it_fetches_into_a_volume(name: str) -> None:
    start(name, "fetch", "bundled", "/models/small", options=("--tmpfs", "/models:mode=1777"))
    assert exit_code(name) == 0, podman("logs", name)
    assert "start with --model /models/small" in podman("logs", name)


def test_labels_and_configuration() -> None:
    configuration = json.loads(podman("image", "inspect", IMAGE))[0]
    labels = configuration["Labels"]
    prefix = "org.opencontainers.image."
    assert labels[f"{prefix}title"] == "m2m-server"
    assert labels[f"{prefix}base.name"] == BASE
    assert configuration["Config"]["User"] == "10001:10001"
    assert configuration["Healthcheck"]["Test"] == ["CMD", "m2m-server-health"]
    assert set(configuration["Config"]["ExposedPorts"]) == {"8000/tcp", "8001/tcp"}


def test_nothing_but_the_product_is_in_it(name: str) -> None:
    start(name)
    script = """
from importlib.util import find_spec
names = ("translator", "documents", "gpu_pool", "server", "bulk", "training", "benchmarks", "tests")
print(*(name for name in names if find_spec(name)))
"""
    assert (
        podman("exec", name, "python3", "-c", script) == "translator documents gpu_pool server bulk"
    )
