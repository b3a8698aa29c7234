"""Building the image on a machine without a registry: on a base of Debian's own packages."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOLS = ("buildah", "podman", "debootstrap")
SUITE = "bookworm"  # its Python is the one that the lock's PyTorch is for
BASE = "localhost/m2m-server-test-base"
IMAGE = "localhost/m2m-server-test"
_MINUTE = 60  # seconds
_WHEELS = "/mnt/wheels"


def run(*command: str | Path, timeout: float = 30 * _MINUTE) -> str:
    """Run a command; return what it prints, or fail with all that it said."""
    result = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert result.returncode == 0, f"{shlex.join(map(str, command))}\n{result.stdout[-6000:]}"
    return result.stdout.strip()


def has_image(name: str) -> bool:
    return subprocess.run(["podman", "image", "exists", name], check=False).returncode == 0


def make_base(folder: Path) -> None:
    """Make `BASE`: Debian with Python, as `python:slim` is, out of packages alone."""
    root = folder / "root"
    packages = "--include=ca-certificates,python3,python3-venv"
    run("debootstrap", "--variant=minbase", packages, SUITE, root, timeout=15 * _MINUTE)
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY root /\n")
    run(*("buildah", "build-using-dockerfile", "--format", "docker", "--isolation", "chroot"),
        *("--tag", BASE, folder))  # fmt: skip


def build(folder: Path) -> None:
    """Build `IMAGE` from the Dockerfile. Pip finds packages as it does on this machine."""
    volumes, arguments = _pip_access(folder)
    run(
        *("buildah", "build-using-dockerfile", "--format", "docker", "--isolation", "chroot"),
        *(
            "--layers",
            "--network",
            "host",
            "--build-arg",
            f"BASE_IMAGE={BASE}",
            *volumes,
            *arguments,
        ),
        *("--tag", IMAGE, ROOT),
    )


def _pip_access(folder: Path) -> tuple[list[str], list[str]]:
    """Return options that let the build reach what pip reaches here: certificates, wheels."""
    settings = run(sys.executable, "-m", "pip", "config", "list", timeout=_MINUTE)
    found = dict(re.findall(r"\.([a-z-]+)='(.*)'$", settings, re.MULTILINE))
    volumes, arguments = [], []
    if "cert" in found:
        (folder / "pip.conf").write_text("[global]\ncert = /mnt/certificates.crt\n")
        volumes += ["--volume", f"{found['cert']}:/mnt/certificates.crt:ro"]
        volumes += ["--volume", f"{folder / 'pip.conf'}:/etc/pip.conf:ro"]
    for place in found.get("find-links", "").split():
        if any(Path(place).glob("torch-*.whl")):
            volumes += ["--volume", f"{place}:{_WHEELS}:ro"]
            arguments += ["--build-arg", f"TORCH_WHEELS={_WHEELS}"]
    return volumes, arguments
