"""The chart renders what the kustomize overlays and components do."""

import pytest

from tests.k8s.chart import Values, example, merged, render_chart
from tests.k8s.chart_normal_form import differences, normal_form
from tests.k8s.rendering import Combination, combinations, label, render

# What the values of the chart are for a component.
VALUES: dict[str, Values] = {
    "api-keys": {"apiKeys": {"secret": "m2m-api-keys"}},
    "database": {"database": {"secret": "m2m-database"}},
    "database/api-keys": {"apiKeys": {"inDatabase": True}},
    "gateway": {
        "httpRoute": {
            "enabled": True,
            "parentRefs": [{"name": "public", "namespace": "gateway"}],
            "hostnames": ["translate.example.com"],
            "cpuShare": 2,
        }
    },
    "keda": {"pools": {"main": {"autoscaling": {"kind": "keda"}}}},
    "keda/to-zero": {"pools": {"main": {"autoscaling": {"minReplicas": 0, "wakePool": "cpu"}}}},
    "mig": example("mig"),
    "model-cache": {
        "models": {
            "source": "claim",
            "list": [{"name": "m2m100_418M", "hub": "facebook/m2m100_418M"}],
        }
    },
    "networkpolicy": {"networkPolicy": {"enabled": True}},
    "prometheus-adapter": {"pools": {"main": {"autoscaling": {"kind": "hpa"}}}},
    "runtime-class": {"pools": {"main": {"runtimeClassName": "nvidia"}}},
    "servicemonitor": {"monitoring": {"kind": "serviceMonitor"}},
    "spot": {
        "allPools": {"affinity": example("spot")["pools"]["main"]["affinity"]},
        "pools": {"spot": example("spot")["pools"]["spot"]},
    },
    "writable-root": {"allPools": {"writableRoot": True}},
}
# A volume for an image that has the model: nobody wants it.
SENSELESS = {("airgapped", "model-cache")}
COMPARED = [
    (folder, components)
    for folder, components in combinations()
    if folder.startswith("overlays/")
    and not any((folder.removeprefix("overlays/"), each) in SENSELESS for each in components)
]


def values_of(combination: Combination) -> Values:
    folder, components = combination
    overlay = folder.removeprefix("overlays/")
    values = example(overlay)
    for component in components:
        if component == "runtime-class" and overlay == "cpu":
            continue  # kustomize's is for GPU pools only, and there is none
        values = merged(values, VALUES[component])
    return values


@pytest.mark.parametrize("combination", COMPARED, ids=label)
def test_the_chart_is_equal_to_kustomize(combination: Combination) -> None:
    chart = normal_form(render_chart(values_of(combination)))
    kustomize = normal_form(render(*combination))
    assert [*differences(chart, kustomize)] == []


def test_the_example_of_a_site_is_equal_to_kustomize() -> None:
    chart = normal_form(render_chart(example("site")))
    assert [*differences(chart, normal_form(render("example")))] == []


def test_a_difference_is_seen() -> None:
    """The normal form hides no more than it should."""
    base = normal_form(render_chart({}))
    for changed in (
        {"pools": {"main": {"cpu": "5"}}},
        {"pools": {"main": {"podLabels": {"team": "a"}}}},
        {"pools": {"main": {"podAnnotations": {"team": "a"}}}},
        {"pools": {"main": {"env": [{"name": "HF_HOME", "value": "/tmp/a"}]}}},
        {"settings": {"TRANSLATION_BEAMS": 2}},
        {"service": {"type": "LoadBalancer"}},
        {"models": {"list": [{"name": "m2m100_418M"}]}},
    ):
        found = [*differences(normal_form(render_chart(changed)), base)]
        assert len(found) == 1, found
