"""The rules can fail: each change here is one that somebody might make, and must be caught."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from server.app import create_admin_app
from server.core.settings import Settings
from server.services import make_services
from tests.fakes import FakePool, served_model
from tests.k8s import cluster_rules, pod_rules
from tests.k8s.objects import named, workloads
from tests.k8s.rendering import Object, render

Change = Callable[[dict[str, Any]], None]
VERSION = "1.2.3"


@pytest.fixture(scope="module")
def admin() -> Flask:
    return create_admin_app(make_services(FakePool(), served_model(), Settings()))


def _set(path: str, value: object) -> Change:
    """Return what sets a value; a path such as `spec.replicas` or `containers.0.image`."""

    def change(node: Any) -> None:
        *way, last = path.split(".")
        for step in way:
            node = node[int(step) if isinstance(node, list) else step]
        node[int(last) if isinstance(node, list) else last] = value

    return change


def _remove(path: str) -> Change:
    def change(node: Any) -> None:
        *way, last = path.split(".")
        for step in way:
            node = node[int(step) if isinstance(node, list) else step]
        del node[int(last) if isinstance(node, list) else last]

    return change


def _variable(name: str, value: str | None) -> Change:
    """Return what sets or removes a variable of a Deployment's container."""

    def change(deployment: dict[str, Any]) -> None:
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        container["env"] = [entry for entry in container["env"] if entry["name"] != name]
        if value is not None:
            container["env"].append({"name": name, "value": value})

    return change


POD = "spec.template.spec"
MAIN = f"{POD}.containers.0"
CPU, GPU, BULK = ("overlays/cpu",), ("overlays/gpu-node",), ("jobs/bulk",)
BAD_PODS = {
    "a misspelt variable": (CPU, _variable("TRANSLATION_MODELL", "x"), "did you mean"),
    "a value out of range": (CPU, _variable("TRANSLATION_PORT", "99999"), "TRANSLATION_PORT"),
    "a variable of nobody": (CPU, _variable("OMP_NUM_THREADS", "2"), "no variable"),
    "another port": (CPU, _variable("TRANSLATION_PORT", "9000"), "not those that the server"),
    "local only": (CPU, _variable("TRANSLATION_HOST", "127.0.0.1"), "nothing outside"),
    "a probe of the process for readiness": (
        CPU,
        _set(f"{MAIN}.readinessProbe.httpGet.path", "/health_check/live"),
        "readinessProbe",
    ),
    "a probe on the clients' port": (
        CPU,
        _set(f"{MAIN}.livenessProbe.httpGet.port", "http"),
        "livenessProbe",
    ),
    "no startup probe": (CPU, _remove(f"{MAIN}.startupProbe"), "startupProbe"),
    "a short start": (CPU, _set(f"{MAIN}.startupProbe.failureThreshold", 20), "only 100 s"),
    "a hasty rollout": (CPU, _set("spec.progressDeadlineSeconds", 600), "given up"),
    "a short grace": (CPU, _set(f"{POD}.terminationGracePeriodSeconds", 135), "the grace"),
    "a long drain": (CPU, _variable("TRANSLATION_DRAIN_TIMEOUT", "300"), "the grace"),
    "a drain shorter than a request": (
        CPU,
        _variable("TRANSLATION_DRAIN_TIMEOUT", "30"),
        "longer than the drain",
    ),
    "no preStop": (CPU, _remove(f"{MAIN}.lifecycle"), "preStop"),
    "a request for other GPUs": (
        GPU,
        _set(f"{MAIN}.resources.requests", {"nvidia.com/gpu": 4}),
        "requests",
    ),
    "GPUs that nobody uses": (GPU, _variable("TRANSLATION_DEVICES", "cuda:0"), "8 GPUs"),
    "GPUs in any order": (GPU, _variable("CUDA_DEVICE_ORDER", None), "PCI_BUS_ID"),
    "GPUs by another way": (
        GPU,
        _variable("NVIDIA_VISIBLE_DEVICES", "all"),
        "NVIDIA_VISIBLE_DEVICES",
    ),
    "GPUs seen by a CPU pod": (CPU, _variable("CUDA_VISIBLE_DEVICES", None), "empty"),
    "no toleration": (GPU, _remove(f"{POD}.tolerations"), "taint"),
    "surge on full nodes": (GPU, _set("spec.strategy.rollingUpdate.maxSurge", 1), "rollout"),
    "a CPU limit": (CPU, _set(f"{MAIN}.resources.limits.cpu", "4"), "CPU limit"),
    "no memory limit": (CPU, _remove(f"{MAIN}.resources.limits.memory"), "no memory limit"),
    "much in memory": (
        CPU,
        _set(f"{POD}.volumes.0.emptyDir", {"medium": "Memory", "sizeLimit": "4Gi"}),
        "a quarter",
    ),
    "a mount of nothing": (CPU, _set(f"{MAIN}.volumeMounts.0.name", "other"), "no volume other"),
    "a boundless volume": (CPU, _set(f"{POD}.volumes.0.emptyDir", {}), "without limit"),
    "a cache in the image": (CPU, _variable("TRANSLATION_CACHE", "/opt/cache"), "on no volume"),
    "no model": (CPU, _variable("TRANSLATION_MODEL", "/models/big"), "neither on a volume"),
    "a model from the hub": (
        CPU,
        _variable("TRANSLATION_MODEL", "facebook/m2m100_418M"),
        "downloaded or converted by every pod",
    ),
    "a token": (CPU, _remove(f"{POD}.automountServiceAccountToken"), "token"),
    "service links": (CPU, _set(f"{POD}.enableServiceLinks", True), "variables for every"),
    "root": (CPU, _remove(f"{POD}.securityContext.runAsNonRoot"), "as root"),
    "a capability": (
        CPU,
        _set(f"{MAIN}.securityContext.capabilities", {"add": ["SYS_ADMIN"], "drop": ["ALL"]}),
        "capabilities",
    ),
    "latest": (CPU, _set(f"{MAIN}.image", "m2m-server:latest"), "another one tomorrow"),
    "no tag": (CPU, _set(f"{MAIN}.image", "registry:5000/m2m-server"), "another one tomorrow"),
    "another version": (CPU, _set(f"{MAIN}.image", "m2m-server:1.2.2"), "not of version"),
    "a spread over old revisions": (
        CPU,
        _remove(f"{POD}.topologySpreadConstraints.0.matchLabelKeys"),
        "old revision",
    ),
    "a spread of other pods": (
        CPU,
        _set(f"{POD}.topologySpreadConstraints.0.labelSelector.matchLabels.a", "b"),
        "other pods",
    ),
    "shares that are left out": (BULK, _set("spec.completions", 8), "shares"),
    "a job for ever": (BULK, _remove("spec.ttlSecondsAfterFinished"), "for ever"),
    "drains that count": (BULK, _set("spec.podFailurePolicy.rules.0.action", "Count"), "drained"),
    "bad input again": (
        BULK,
        _set("spec.podFailurePolicy.rules.1.onExitCodes.values", [1]),
        "tried again",
    ),
}


@pytest.mark.parametrize("name", BAD_PODS)
def test_a_bad_pod_is_caught(name: str, admin: Flask) -> None:
    folder, change, problem = BAD_PODS[name]
    kind = "Job" if folder == BULK else "Deployment"
    objects = render(*folder)
    target = named(objects, kind, "m2m-bulk" if folder == BULK else "m2m-server")
    (workload,) = [w for w in workloads(objects) if w.object is target]
    workload.main["image"] = workload.main["image"].rpartition(":")[0] + f":{VERSION}"
    assert pod_rules.problems(workload, admin, VERSION) == []
    change(target)
    found = pod_rules.problems(workload, admin, VERSION)
    assert [text for text in found if problem in text], found


ALL = ("overlays/hybrid", ("spot", "networkpolicy", "servicemonitor", "gateway"))
SCALED = ("overlays/hybrid", ("keda", "keda/to-zero"))
HPA = ("overlays/gpu-node", ("prometheus-adapter",))
BAD_CLUSTERS = {
    "a selector of nothing": (
        ALL,
        ("Service", "m2m-server-gpu"),
        _set("spec.selector.m2m-server/device", "tpu"),
        "selects no pod",
    ),
    "a port of nobody": (
        ALL,
        ("Service", "m2m-server-gpu"),
        _set("spec.ports.0.targetPort", "grpc"),
        "no port grpc",
    ),
    "a Deployment of others' pods": (
        ALL,
        ("Deployment", "m2m-server"),
        _remove("spec.selector.matchLabels.m2m-server/pool"),
        "share pods",
    ),
    "a Deployment of no pods": (
        ALL,
        ("Deployment", "m2m-server"),
        _set("spec.selector.matchLabels.m2m-server/pool", "first"),
        "its own pods",
    ),
    "two budgets": (
        ALL,
        ("PodDisruptionBudget", "m2m-server"),
        _remove("spec.selector.matchLabels.m2m-server/pool"),
        "2 disruption budgets",
    ),
    "a budget that holds up drains": (
        ALL,
        ("PodDisruptionBudget", "m2m-server"),
        _remove("spec.unhealthyPodEvictionPolicy"),
        "hold up",
    ),
    "a policy for a port of nobody": (
        ALL,
        ("NetworkPolicy", "m2m-monitoring"),
        _set("spec.ingress.0.ports.0.port", "metrics"),
        "no port metrics",
    ),
    "a route to nobody": (
        ALL,
        ("HTTPRoute", "m2m-server"),
        _set("spec.rules.0.backendRefs.0.name", "translation"),
        "no Service translation",
    ),
    "a monitor of nothing": (
        ALL,
        ("ServiceMonitor", "m2m-server"),
        _set("spec.endpoints.0.port", "metrics"),
        "no Service has the port",
    ),
    "replicas beside an autoscaler": (
        HPA,
        ("Deployment", "m2m-server"),
        _set("spec.replicas", 3),
        "set the replicas",
    ),
    "no replicas and no autoscaler": (
        ALL,
        ("Deployment", "m2m-server"),
        _remove("spec.replicas"),
        "no second pod",
    ),
    "an autoscaler of nothing": (
        HPA,
        ("HorizontalPodAutoscaler", "m2m-server"),
        _set("spec.scaleTargetRef.name", "server"),
        "no Deployment server",
    ),
    "scaling down in haste": (
        HPA,
        ("HorizontalPodAutoscaler", "m2m-server"),
        _set("spec.behavior.scaleDown.stabilizationWindowSeconds", 0),
        "in haste",
    ),
    "scaling on the CPU": (
        HPA,
        ("HorizontalPodAutoscaler", "m2m-server"),
        _set("spec.metrics", [{"type": "Resource", "resource": {"name": "cpu"}}]),
        "scales on cpu",
    ),
    "zero, and nobody to wake it": (
        SCALED,
        ("ScaledObject", "m2m-server"),
        _remove("spec.triggers.1"),
        "could wake it",
    ),
    "a forbidden name": (
        ALL,
        ("Service", "m2m-server"),
        _set("metadata.name", "translation"),
        "TRANSLATION_PORT",
    ),
    "another namespace": (
        ALL,
        ("Service", "m2m-server"),
        _set("metadata.namespace", "default"),
        "the namespace default",
    ),
    "a label that is too long": (
        ALL,
        ("Service", "m2m-server"),
        _set("metadata.labels.owner", "x" * 64),
        "has the label",
    ),
}


@pytest.mark.parametrize("name", BAD_CLUSTERS)
def test_a_bad_cluster_is_caught(name: str) -> None:
    combination, (kind, target), change, problem = BAD_CLUSTERS[name]
    objects: list[Object] = render(*combination)
    assert cluster_rules.problems(objects) == []
    change(named(objects, kind, target))
    found = cluster_rules.problems(objects)
    assert [text for text in found if problem in text], found


def test_an_object_that_is_missing_is_caught() -> None:
    objects = [item for item in render("overlays/cpu") if item["kind"] != "ConfigMap"]
    found = [*cluster_rules.references(objects)]
    assert len(found) == 1
    assert "there is no ConfigMap m2m-server-settings" in found[0]


@pytest.mark.parametrize(
    "data",
    [
        {"TRANSLATION_API_KEYS": "m2m_a"},
        {"db-password": "a"},
        {"url": "https://user:word@example.com"},
        {"note": "-----BEGIN RSA PRIVATE KEY-----"},
    ],
    ids=lambda data: next(iter(data)),
)
def test_a_secret_in_a_config_map_is_caught(data: dict[str, str]) -> None:
    config = {"kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data}
    assert len([*cluster_rules.no_secrets([config])]) == 1
