"""The manual names files that are there, and kustomizations that render."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.k8s.rendering import K8S, ROOT, kubectl

MANUAL = ROOT / "docs/deploy.md"
TEXT = MANUAL.read_text()
SITES = [
    block
    for block in re.findall(r"^```yaml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    if "kind: Kustomization" in block
]


def test_what_is_linked_is_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", TEXT):
        assert (MANUAL.parent / target).exists(), target
    for path in re.findall(r"`(k8s/[^` ]+)`", TEXT):
        assert (ROOT / path).exists(), path


def test_headings_that_are_linked_are_there() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= headings


def test_every_overlay_and_component_is_explained() -> None:
    for path in (*K8S.glob("overlays/*"), *K8S.glob("components/*")):
        assert f"`{path.name}`" in TEXT or path.name == "gpu", path


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.partition("\n")[0])
def test_sites_of_the_manual_render(site: str, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "k8s").symlink_to(K8S)
    (tmp_path / "site/kustomization.yaml").write_text(site)
    run = subprocess.run(
        [kubectl(), "kustomize", str(tmp_path / "site")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    images = {
        container["image"]
        for item in yaml.safe_load_all(run.stdout)
        if item["kind"] == "Deployment"
        for container in item["spec"]["template"]["spec"]["containers"]
    }
    assert all(image.startswith("registry.example.com/") for image in images)
