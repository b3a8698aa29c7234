"""The rules for all objects of a cluster can fail: each change here must be caught."""

import pytest

from tests.k8s import cluster_rules
from tests.k8s.changes import remove, set_value
from tests.k8s.objects import named
from tests.k8s.rendering import Object, render

ALL = ("overlays/hybrid", ("spot", "networkpolicy", "servicemonitor", "gateway"))
SCALED = ("overlays/hybrid", ("keda", "keda/to-zero"))
HPA = ("overlays/gpu-node", ("prometheus-adapter",))
BAD_CLUSTERS = {
    "a selector of nothing": (
        ALL,
        ("Service", "m2m-server-gpu"),
        set_value("spec.selector.m2m-server/device", "tpu"),
        "selects no pod",
    ),
    "a port of nobody": (
        ALL,
        ("Service", "m2m-server-gpu"),
        set_value("spec.ports.0.targetPort", "grpc"),
        "no port grpc",
    ),
    "a Deployment of others' pods": (
        ALL,
        ("Deployment", "m2m-server"),
        remove("spec.selector.matchLabels.m2m-server/pool"),
        "share pods",
    ),
    "a Deployment of no pods": (
        ALL,
        ("Deployment", "m2m-server"),
        set_value("spec.selector.matchLabels.m2m-server/pool", "first"),
        "its own pods",
    ),
    "two budgets": (
        ALL,
        ("PodDisruptionBudget", "m2m-server"),
        remove("spec.selector.matchLabels.m2m-server/pool"),
        "2 disruption budgets",
    ),
    "a budget that holds up drains": (
        ALL,
        ("PodDisruptionBudget", "m2m-server"),
        remove("spec.unhealthyPodEvictionPolicy"),
        "hold up",
    ),
    "a policy for a port of nobody": (
        ALL,
        ("NetworkPolicy", "m2m-monitoring"),
        set_value("spec.ingress.0.ports.0.port", "metrics"),
        "no port metrics",
    ),
    "a route to nobody": (
        ALL,
        ("HTTPRoute", "m2m-server"),
        set_value("spec.rules.0.backendRefs.0.name", "translation"),
        "no Service translation",
    ),
    "a monitor of nothing": (
        ALL,
        ("ServiceMonitor", "m2m-server"),
        set_value("spec.endpoints.0.port", "metrics"),
        "no Service has the port",
    ),
    "replicas beside an autoscaler": (
        HPA,
        ("Deployment", "m2m-server"),
        set_value("spec.replicas", 3),
        "set the replicas",
    ),
    "no replicas and no autoscaler": (
        ALL,
        ("Deployment", "m2m-server"),
        remove("spec.replicas"),
        "no second pod",
    ),
    "an autoscaler of nothing": (
        HPA,
        ("HorizontalPodAutoscaler", "m2m-server"),
        set_value("spec.scaleTargetRef.name", "server"),
        "no Deployment server",
    ),
    "scaling down in haste": (
        HPA,
        ("HorizontalPodAutoscaler", "m2m-server"),
        set_value("spec.behavior.scaleDown.stabilizationWindowSeconds", 0),
        "in haste",
    ),
    "scaling on the CPU": (
        HPA,
        ("HorizontalPodAutoscaler", "m2m-server"),
        set_value("spec.metrics", [{"type": "Resource", "resource": {"name": "cpu"}}]),
        "scales on cpu",
    ),
    "zero, and nobody to wake it": (
        SCALED,
        ("ScaledObject", "m2m-server"),
        remove("spec.triggers.1"),
        "could wake it",
    ),
    "a forbidden name": (
        ALL,
        ("Service", "m2m-server"),
        set_value("metadata.name", "translation"),
        "TRANSLATION_PORT",
    ),
    "another namespace": (
        ALL,
        ("Service", "m2m-server"),
        set_value("metadata.namespace", "default"),
        "the namespace default",
    ),
    "a label that is too long": (
        ALL,
        ("Service", "m2m-server"),
        set_value("metadata.labels.owner", "x" * 64),
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
