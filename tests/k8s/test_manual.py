"""The manual names files that are there, and kustomizations that render."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.k8s.chart import render_chart
from tests.k8s.objects import named, workloads
from tests.k8s.rendering import K8S, ROOT, kubectl

MANUAL = ROOT / "docs/deploy.md"
TEXT = MANUAL.read_text()
SITES = [
    block
    for block in re.findall(r"^```yaml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    if "kind: Kustomization" in block
]
(VALUES,) = re.findall(r"^```yaml\n(# site\.yaml\n.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


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


def test_values_of_the_manual_render() -> None:
    (example,) = re.findall(r"`(secretEnv: .*)`", TEXT)
    objects = render_chart(yaml.safe_load(VALUES) | yaml.safe_load(example))
    images = {container["image"] for w in workloads(objects) for container in w.containers}
    assert all(image.startswith("registry.example.com/") for image in images)
    (pool,) = [workload for workload in workloads(objects) if workload.serves]
    assert pool.gpus == 8
    claim = named(objects, "PersistentVolumeClaim", "m2m-server-models")
    assert claim["spec"]["storageClassName"] == "shared-files"
    variables = {entry["name"]: entry for entry in pool.main["env"]}
    (name,) = yaml.safe_load(example)["secretEnv"]
    assert variables[name]["valueFrom"]["secretKeyRef"] == {"name": "m2m-keys", "key": "keys.toml"}
