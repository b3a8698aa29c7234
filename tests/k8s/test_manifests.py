"""All that is shipped renders, is valid for three releases of Kubernetes, and keeps our rules."""

import functools
import json
from importlib.metadata import version

import kubernetes_validate
import pytest
import yaml
from flask import Flask

from server.app import create_admin_app
from server.core.settings import Settings
from server.services import make_services
from tests.fakes import FakePool, one_model
from tests.k8s import cluster_rules, pod_rules
from tests.k8s.objects import of_kind, workloads
from tests.k8s.rendering import K8S, Combination, Object, combinations, label, render

# It would read a megabyte of definitions again for each object.
kubernetes_validate.utils.schema_contents = functools.cache(
    kubernetes_validate.utils.schema_contents
)
RELEASES = ("1.29", "1.34", "1.37")
# Of others; kubernetes-validate has no schemas for them. In components, `kserve` and `ray` only.
CUSTOM = {
    ("gateway.networking.k8s.io/v1", "HTTPRoute"),
    ("keda.sh/v1alpha1", "ScaledObject"),
    ("monitoring.coreos.com/v1", "PrometheusRule"),
    ("monitoring.coreos.com/v1", "ServiceMonitor"),
    ("ray.io/v1", "RayJob"),
    ("serving.kserve.io/v1alpha1", "ServingRuntime"),
    ("serving.kserve.io/v1beta1", "InferenceService"),
}
# Parts of an installation: their namespace, service account and models are that one's.
PARTS = ("jobs/bulk", "jobs/bulk-gpu", "kserve", "ray")

each = pytest.mark.parametrize("combination", combinations(), ids=label)


@pytest.fixture(scope="module")
def admin() -> Flask:
    return create_admin_app(make_services(FakePool(), one_model(), Settings()))


@each
def test_all_is_valid(combination: Combination) -> None:
    for item in render(*combination):
        if (item["apiVersion"], item["kind"]) not in CUSTOM:
            for release in RELEASES:
                assert invalid(json.dumps(item), release) is None


@each
def test_pods_keep_the_rules(combination: Combination, admin: Flask) -> None:
    problems = [
        f"{workload.name}: {problem}"
        for workload in workloads(render(*combination))
        for problem in pod_rules.problems(workload, admin, version("m2m-server"))
    ]
    assert problems == []


@each
def test_objects_fit_together(combination: Combination) -> None:
    objects = render(*combination)
    complete = combination[0] not in PARTS
    assert cluster_rules.problems(objects, complete=complete) == []


@pytest.mark.parametrize(
    "combination",
    [c for c in combinations() if not c[1] and c[0] not in ("example", "kserve", "ray")],
    ids=label,
)
def test_only_components_have_custom_resources(combination: Combination) -> None:
    assert not [
        item["kind"]
        for item in render(*combination)
        if (item["apiVersion"], item["kind"]) in CUSTOM
    ]


def test_every_folder_is_rendered() -> None:
    """A folder that no test renders may be broken for long."""
    every = {path.parent.relative_to(K8S).as_posix() for path in K8S.rglob("kustomization.yaml")}
    rendered = {folder for folder, _ in combinations()}
    rendered |= {f"components/{name}" for _, components in combinations() for name in components}
    inner = {"base/main", "base/pool", "overlays/hybrid/cpu", "components/spot/pool"}
    assert every - rendered == inner | {"components/gpu"}


def test_a_custom_resource_is_not_skipped_by_accident() -> None:
    shown = {
        (item["apiVersion"], item["kind"])
        for combination in combinations()
        for item in render(*combination)
    }
    assert shown >= CUSTOM


def test_settings_of_a_component_reach_all_pools() -> None:
    objects = render("overlays/hybrid", ["spot", "model-cache"])
    pools = [workload for workload in workloads(objects) if workload.serves]
    assert len(pools) == 3
    for pool in pools:
        assert pool.environment["TRANSLATION_MODEL"] == "/models/m2m100_418M"


def test_a_change_of_settings_rolls_the_pods() -> None:
    """Pods read their settings once, so each version needs a name of its own."""
    (config,) = of_kind(render("base"), "ConfigMap")
    assert config["metadata"]["name"] != "m2m-server-settings"
    assert config["immutable"]


def test_hybrid_routes() -> None:
    """Clients reach the front, the front each kind of device."""
    objects = render("overlays/hybrid", ["spot"])
    reached = {
        service["metadata"]["name"]: sorted(
            workload.object["metadata"]["name"]
            for workload in workloads(objects)
            if service["spec"]["selector"].items() <= workload.labels.items()
        )
        for service in of_kind(objects, "Service")
    }
    assert reached == {
        "m2m-server": ["m2m-front"],
        "m2m-server-admin": ["m2m-server", "m2m-server-cpu", "m2m-server-spot"],
        "m2m-server-cpu": ["m2m-server-cpu"],
        "m2m-server-gpu": ["m2m-server", "m2m-server-spot"],
    }


def test_mig_replaces_the_gpu() -> None:
    (pool,) = [w for w in workloads(render("overlays/gpu-per-pod", ["mig"])) if w.serves]
    assert pool.main["resources"]["limits"].keys() & {"nvidia.com/gpu"} == set()
    assert pool.gpus == 1


@pytest.mark.parametrize("overlay", ["gpu-per-pod", "gpu-node", "hybrid"])
def test_roots_become_writable_only_where_the_gpus_are(overlay: str) -> None:
    for workload in workloads(render(f"overlays/{overlay}", ["writable-root"])):
        read_only = workload.main["securityContext"]["readOnlyRootFilesystem"]
        assert read_only == (workload.gpus == 0)


@functools.cache
def invalid(document: str, release: str) -> str | None:
    """Return what is wrong with an object; the same ones come with many combinations."""
    item: Object = json.loads(document)
    try:
        kubernetes_validate.validate(item, release, strict=True)
    except kubernetes_validate.ValidationError as error:
        where = ".".join(map(str, error.absolute_path))
        return f"{release}: {yaml.safe_dump(item['metadata'])}{where}: {error.message}"
    return None
