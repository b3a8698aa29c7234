"""What can be told of the image without building it: its recipe, its locks, its health check."""

import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LOCKS = ["cpu", "cuda"]
PIN = re.compile(
    r"^([a-z0-9._-]+)==([^ ;\\]+)([^\n]*\\\n(?:    --hash=sha256:[0-9a-f]{64}[ \\\n]+)+)?",
    re.MULTILINE,
)


def settings() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def pins(lock: str) -> dict[str, list[Version]]:
    """Return what a lock pins; a package may have several versions, for several Pythons."""
    found: dict[str, list[Version]] = {}
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    for name, version, hashes in PIN.findall(text):
        assert hashes, f"{name} has no hash in {lock}.txt"
        found.setdefault(canonicalize_name(name), []).append(Version(version))
    return found


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    subprocess.run([hadolint, ROOT / "Dockerfile"], check=True)


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_has_all_that_is_required(lock: str) -> None:
    locked = pins(lock)
    for line in settings()["options"]["install_requires"].split("\n"):
        if line:
            requirement = Requirement(line)
            versions = locked.get(canonicalize_name(requirement.name))
            assert versions, f"{requirement.name} is not in {lock}.txt: make lock"
            allowed = [requirement.specifier.contains(version) for version in versions]
            assert all(allowed), f"{requirement} is not what {lock}.txt pins: make lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_of_ray_goes_with_it(lock: str) -> None:
    """The image is made from both; pip takes no package in two versions."""
    others = pins(lock)
    of_ray = pins("ray")
    differ = [
        name for name in of_ray if sorted(of_ray[name]) != sorted(others.get(name, of_ray[name]))
    ]
    assert differ == [], "make lock"
    for line in settings()["options.extras_require"]["ray"].split("\n"):
        if line:
            requirement = Requirement(line)
            assert requirement.specifier.contains(of_ray[canonicalize_name(requirement.name)][0])


def test_the_image_for_cpus_has_no_cuda() -> None:
    locked = pins("cpu")
    assert [str(version) for version in locked["torch"]] == ["2.13.0+cpu"]
    assert not [name for name in locked if name.startswith("nvidia-") and name != "nvidia-ml-py"]
    assert "triton" not in locked


def test_both_locks_pin_the_same_but_for_cuda() -> None:
    cpu, cuda = pins("cpu"), pins("cuda")
    assert {name for name in cpu if cpu[name] != cuda.get(name)} == {"torch"}


def test_the_label_is_the_version() -> None:
    version = settings()["metadata"]["version"]
    assert f"ARG VERSION={version}\n" in (ROOT / "Dockerfile").read_text()


def test_manifests_and_guides_name_the_version() -> None:
    version = settings()["metadata"]["version"]
    files = [*(ROOT / "k8s").rglob("*.yaml"), *(ROOT / "docs").glob("*.md")]
    tags = re.compile(r"(?:m2m-server[a-z0-9-]*:|newTag: |ref=v)(\d+\.\d+\.\d+)\b")
    found = {(path.name, tag) for path in files for tag in tags.findall(path.read_text())}
    assert len(found) > 5
    assert {tag for _, tag in found} == {version}, found
