"""Every value of the chart has an effect, and wrong ones are refused with what is wrong."""

from typing import Any

import helm_python
import pytest
import yaml

from tests.k8s.chart import CHART, SCHEMA, Values, chart_text, leaves, merged, render_chart
from tests.k8s.chart_changes import CHART as CHART_CASES
from tests.k8s.chart_changes import GPU, POOL
from tests.k8s.objects import named, of_kind

UNUSED = {"global"}  # Helm's own
# Other pools that a case may name.
POOLS: Values = {"other": {}, "third": {}}


def in_one_pool(values: Values) -> Values:
    return {"pools": {"main": values, **POOLS}}


def in_all_pools(values: Values) -> Values:
    """Return values of `allPools`; what concerns one pool only stays there."""
    apart = {key: values[key] for key in ("autoscaling",) if "wakePool" in values.get(key, {})}
    shared = {key: value for key, value in values.items() if key not in apart}
    return {"allPools": shared, "pools": {"main": apart, **POOLS}}


def check(base: Values, change: Values, appears: str) -> None:
    before, after = chart_text(base), chart_text(merged(base, change))
    added = set(after.splitlines()) - set(before.splitlines())
    assert [line for line in added if appears in line], added


@pytest.mark.parametrize("name", CHART_CASES)
def test_a_value_has_an_effect(name: str) -> None:
    check(*CHART_CASES[name])


@pytest.mark.parametrize("place", [in_one_pool, in_all_pools])
@pytest.mark.parametrize("name", POOL)
def test_a_value_of_a_pool_has_an_effect(name: str, place: Any) -> None:
    base, change, appears = POOL[name]
    check(place(base), place(change), appears)


def test_every_value_is_tried() -> None:
    found = {name for name, _ in leaves(SCHEMA)} - UNUSED
    tried = set(CHART_CASES)
    tried |= {f"{place}.{name}" for place in ("pools.*", "allPools") for name in POOL}
    assert found == tried


def test_a_case_changes_what_it_is_about() -> None:
    """Its name is a path that the change has."""
    for cases in (CHART_CASES, POOL):
        for name, (_, change, _) in cases.items():
            node: Any = change
            for step in name.replace("[]", ".0").split("."):
                if isinstance(node, list):
                    node = node[int(step)]
                else:
                    node = next(iter(node.values())) if step == "*" else node[step]


def test_defaults_are_values_that_may_be_set() -> None:
    """Each default is in the schema, too, and is none of Kubernetes' names misspelt."""
    known = {name.partition("[]")[0].removesuffix(".*") for name, _ in leaves(SCHEMA)}

    def check_defaults(node: Values, path: str) -> None:
        for key, value in node.items():
            inner = f"{path}.{key}" if path else key
            if inner.partition(".")[0] != "pools" and inner not in known:
                check_defaults(value, inner)

    check_defaults(yaml.safe_load((CHART / "values.yaml").read_text()), "")


def test_the_values_of_a_pool_go_before_those_of_all() -> None:
    values = {
        "allPools": {"replicas": 3, "memory": "8Gi", "settings": {"TRANSLATION_BEAMS": 1}},
        "pools": {"main": {"replicas": 4}, "slow": {"settings": {"TRANSLATION_BEAMS": 5}}},
    }
    objects = render_chart(values)
    found = {}
    for name in ("m2m-server", "m2m-server-slow"):
        spec = named(objects, "Deployment", name)["spec"]
        (container,) = spec["template"]["spec"]["containers"]
        beams = {entry["name"]: entry.get("value") for entry in container["env"]}
        memory = container["resources"]["limits"]["memory"]
        found[name] = (spec["replicas"], memory, beams["TRANSLATION_BEAMS"])
    assert found == {"m2m-server": (4, "8Gi", "1"), "m2m-server-slow": (3, "8Gi", "5")}


def test_claimed_gpus_are_not_asked_of_the_device_plugin() -> None:
    values = {"pools": {"main": {**GPU, "gpus": {"count": 4, "deviceClass": "gpu.nvidia.com"}}}}
    objects = render_chart(values)
    (template,) = of_kind(objects, "ResourceClaimTemplate")
    (request,) = template["spec"]["spec"]["devices"]["requests"]
    assert request["exactly"]["count"] == 4
    (deployment,) = of_kind(objects, "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    (claim,) = pod["resourceClaims"]
    assert claim["resourceClaimTemplateName"] == template["metadata"]["name"]
    resources = pod["containers"][0]["resources"]
    assert resources["claims"] == [{"name": claim["name"]}]
    assert "nvidia.com/gpu" not in resources["limits"]


def test_a_removed_setting_is_left_to_the_server() -> None:
    objects = render_chart({"settings": {"TRANSLATION_JOBS": None}})
    data = named(objects, "ConfigMap", "m2m-server-settings")["data"]
    assert "TRANSLATION_JOBS" not in data


def test_the_grace_follows_from_the_settings() -> None:
    values = {"settings": {"TRANSLATION_MAX_TIMEOUT": "300.5", "TRANSLATION_DRAIN_TIMEOUT": 30}}
    (deployment,) = of_kind(render_chart(values), "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == 15 + 301 + 15


REFUSED: dict[str, tuple[Values, str]] = {
    "an unknown value": ({"replicas": 3}, "at '': additional properties 'replicas' not allowed"),
    "an unknown value of a pool": (
        {"pools": {"main": {"replica": 3}}},
        "at '/pools/main': additional properties 'replica' not allowed",
    ),
    "an unknown value of all pools": ({"allPools": {"gpu": 1}}, "additional properties 'gpu'"),
    "another device": ({"pools": {"main": {"device": "tpu"}}}, "must be one of 'cpu', 'gpu'"),
    "no GPU": ({"pools": {"main": {**GPU, "gpus": {"count": 0}}}}, "at '/pools/main/gpus/count'"),
    "half a pod": ({"pools": {"main": {"replicas": 1.5}}}, "at '/pools/main/replicas'"),
    "a quantity of nothing": ({"pools": {"main": {"memory": "6 GB"}}}, "at '/pools/main/memory'"),
    "no pool": ({"pools": {"main": None}}, "at '/pools'"),
    "a pool's name": ({"pools": {"Fast": {}}}, "'Fast' does not match pattern"),
    "a setting in small letters": ({"settings": {"beams": 1}}, "invalid propertyName 'beams'"),
    "a list as a setting": ({"settings": {"TRANSLATION_MODEL": []}}, "got array"),
    "a Secret without its key": ({"secretEnv": {"A": {"secret": "b"}}}, "missing property 'key'"),
    "a wrong digest": ({"image": {"cpu": {"digest": "sha256:1"}}}, "at '/image/cpu/digest'"),
    "no model": ({"models": {"list": []}}, "at '/models/list': minItems: got 0, want 1"),
    "a model's path": ({"models": {"list": [{"name": "/a"}]}}, "at '/models/list/0/name'"),
    "an ingress without hosts": ({"ingress": {"enabled": True}}, "at '/ingress/hosts'"),
    "a route without a gateway": ({"httpRoute": {"enabled": True}}, "at '/httpRoute/parentRefs'"),
    "an interval": ({"monitoring": {"interval": "soon"}}, "at '/monitoring/interval'"),
    "both models": (
        {"settings": {"TRANSLATION_MODEL": "a"}},
        "settings.TRANSLATION_MODEL: use the value models",
    ),
    "an address that everybody can read": (
        {"settings": {"TRANSLATION_DATABASE": "postgresql://a:b@c/d"}},
        "settings.TRANSLATION_DATABASE: use the value database.secret",
    ),
    "keys in two places": (
        {"apiKeys": {"secret": "keys", "inDatabase": True}, "database": {"secret": "pg"}},
        "apiKeys: either secret or inDatabase",
    ),
    "keys in no database": (
        {"apiKeys": {"inDatabase": True}},
        "apiKeys.inDatabase: there is none without database.secret",
    ),
    "other ports": (
        {"settings": {"TRANSLATION_PORT": 80}},
        "settings.TRANSLATION_PORT: the ports of the pods are 8000 and 8001",
    ),
    "GPUs of a CPU pool": (
        {"pools": {"main": {"gpus": {"count": 2}}}},
        "pools.main.gpus: the pool has the device cpu",
    ),
    "a writable root of a CPU pool": (
        {"pools": {"main": {"writableRoot": True}}},
        "pools.main.writableRoot: only the container toolkit",
    ),
    "two slices": (
        {"pools": {"main": {**GPU, "gpus": {"count": 2, "resource": "nvidia.com/mig-1g.10gb"}}}},
        "pools.main.gpus.count: a process sees one slice",
    ),
    "zero without KEDA": (
        {"pools": {"main": {"autoscaling": {"kind": "hpa", "minReplicas": 0}}}},
        "pools.main.autoscaling.minReplicas: only keda scales to zero",
    ),
    "zero without a waker": (
        {"pools": {"main": {"autoscaling": {"kind": "keda", "minReplicas": 0}}}},
        "pools.main.autoscaling.wakePool: a pool without pods reports no queue",
    ),
    "an unknown waker": (
        {"pools": {"main": {"autoscaling": {"kind": "keda", "wakePool": "cpu"}}}},
        "pools.main.autoscaling.wakePool: there is no other pool cpu",
    ),
    "more than the most": (
        {"pools": {"main": {"autoscaling": {"minReplicas": 11}}}},
        "pools.main.autoscaling: minReplicas is greater than maxReplicas",
    ),
    "a pool called front": ({"pools": {"front": {}}}, "pools.front: the name is taken"),
    "a front without GPUs": ({"front": {"enabled": True}}, "front.enabled: nginx needs a pool"),
    "a hub for an image": (
        {"models": {"list": [{"name": "a"}, {"name": "b", "hub": "c/d"}]}},
        'models.list[1].hub: only with models.source "claim"',
    ),
    "an image volume of no image": ({"models": {"source": "oci"}}, "models.oci.reference: name"),
    "an account of nobody": ({"serviceAccount": {"create": False}}, "serviceAccount.name: without"),
    "a share of nothing": (
        {"httpRoute": {"enabled": True, "parentRefs": [{"name": "a"}], "cpuShare": 5}},
        "httpRoute.cpuShare: without front.enabled",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_value_is_refused(name: str) -> None:
    values, message = REFUSED[name]
    with pytest.raises(helm_python.HelmError) as refusal:
        chart_text(values)
    assert message in str(refusal.value)
