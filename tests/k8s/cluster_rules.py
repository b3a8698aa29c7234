"""What must hold among objects. A rule yields a sentence for each thing that is wrong."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.k8s.objects import Workload, matches, of_kind, workloads
from tests.k8s.rendering import Object

NAMESPACE = "m2m-server"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LABEL = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
_SECRET_NAME = re.compile(r"secret|passw|credential|private|api_?keys?$|token$", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"-----BEGIN|://[^/\s:@]+:[^/\s@]+@|\bhf_[A-Za-z0-9]{20}")
MADE_BY_HAND = {  # they have no place in a repository
    ("Secret", "m2m-api-keys"),
    ("Secret", "m2m-database"),
}
_PER_CLUSTER = {"Namespace"}


def names(objects: Sequence[Object]) -> Iterator[str]:
    """Names are unique and valid, and all is in one namespace, which comes first."""
    seen = Counter((item["kind"], item["metadata"]["name"]) for item in objects)
    yield from (f"{kind} {name} is there twice" for (kind, name), n in seen.items() if n > 1)
    for item in objects:
        metadata = item["metadata"]
        where = f"{item['kind']} {metadata['name']}"
        if not _NAME.fullmatch(metadata["name"]):
            yield f"{where} is not a valid name"
        if item["kind"] not in _PER_CLUSTER and metadata.get("namespace") != NAMESPACE:
            yield f"{where} is in the namespace {metadata.get('namespace')}"
        labels = [metadata.get("labels", {})]
        labels += [w.labels for w in workloads([item])]
        for value in (value for some in labels for value in some.values()):
            if not isinstance(value, str) or not _LABEL.fullmatch(value):
                yield f"{where} has the label {value!r}"
        if item["kind"] == "Service" and metadata["name"] == "translation":
            yield f"{where} makes the cluster set TRANSLATION_PORT"
    kinds = [item["kind"] for item in objects]
    if "Namespace" in kinds[1:]:
        yield "the namespace is not the first to be made"


def selectors(objects: Sequence[Object]) -> Iterator[str]:
    """Whatever selects pods selects some, and a port that they have."""
    pods = workloads(objects)
    for workload in pods:
        if workload.object["kind"] != "Deployment":
            continue
        if not matches(workload.spec["selector"], workload.labels):
            yield f"{workload.name} does not select its own pods"
        others = [w.name for w in pods if matches(workload.spec["selector"], w.labels)]
        if len(others) > 1:
            yield f"{' and '.join(others)} share pods"
    for service in of_kind(objects, "Service"):
        yield from _service(service, pods)
    for policy in of_kind(objects, "NetworkPolicy"):
        yield from _policy_ports(policy, pods)


def _service(service: Object, pods: Sequence[Workload]) -> Iterator[str]:
    name = service["metadata"]["name"]
    selected = [w for w in pods if matches({"matchLabels": service["spec"]["selector"]}, w.labels)]
    if not selected:
        yield f"Service {name} selects no pod"
    for port in service["spec"]["ports"]:
        for workload in selected:
            if port["targetPort"] not in _ports(workload):
                yield f"Service {name}: {workload.name} has no port {port['targetPort']}"


def _policy_ports(policy: Object, pods: Sequence[Workload]) -> Iterator[str]:
    selected = [w for w in pods if matches(policy["spec"]["podSelector"], w.labels)]
    for rule in policy["spec"].get("ingress", []):
        for port in rule.get("ports", []):  # none: all
            for workload in selected:
                if port["port"] not in _ports(workload):
                    name = policy["metadata"]["name"]
                    yield f"NetworkPolicy {name}: {workload.name} has no port {port['port']}"


def _ports(workload: Workload) -> set[str]:
    return {port["name"] for port in workload.main.get("ports", [])}


def disruption_budgets(objects: Sequence[Object]) -> Iterator[str]:
    """Each Deployment has one budget: with two, no pod can be evicted at all."""
    budgets = of_kind(objects, "PodDisruptionBudget")
    for workload in workloads(objects):
        if workload.object["kind"] == "Deployment":
            covering = [b for b in budgets if matches(b["spec"]["selector"], workload.labels)]
            if len(covering) != 1:
                yield f"{workload.name} has {len(covering)} disruption budgets"
    for budget in budgets:
        spec = budget["spec"]
        if (spec.get("maxUnavailable"), spec.get("unhealthyPodEvictionPolicy")) != (
            1,
            "AlwaysAllow",
        ):
            yield f"the budget {budget['metadata']['name']} may hold up the drain of a node"


def references(objects: Sequence[Object], *, complete: bool = True) -> Iterator[str]:
    """What pods name is there; `complete` is false where it belongs to another installation."""
    there = {(item["kind"], item["metadata"]["name"]) for item in objects}
    for workload in workloads(objects):
        wanted = {("ServiceAccount", workload.pod["serviceAccountName"])}
        for volume in workload.pod.get("volumes", []):
            if claim := volume.get("persistentVolumeClaim"):
                wanted.add(("PersistentVolumeClaim", claim["claimName"]))
            if config := volume.get("configMap"):
                wanted.add(("ConfigMap", config["name"]))
            if secret := volume.get("secret"):
                wanted.add(("Secret", secret["secretName"]))
        for source in workload.main.get("envFrom", []):
            wanted.add(("ConfigMap", source["configMapRef"]["name"]))
        for kind, name in sorted(wanted - there - MADE_BY_HAND):
            if complete:
                yield f"{workload.name}: there is no {kind} {name}"
    yield from _routes(objects)
    yield from _monitors(objects)


def _routes(objects: Sequence[Object]) -> Iterator[str]:
    services = {s["metadata"]["name"]: s for s in of_kind(objects, "Service")}
    for route in of_kind(objects, "HTTPRoute"):
        for backend in (b for rule in route["spec"]["rules"] for b in rule["backendRefs"]):
            ports = services.get(backend["name"], {"spec": {"ports": []}})["spec"]["ports"]
            if backend["port"] not in [port["port"] for port in ports]:
                yield f"HTTPRoute: there is no Service {backend['name']} {backend['port']}"


def _monitors(objects: Sequence[Object]) -> Iterator[str]:
    for monitor in of_kind(objects, "ServiceMonitor"):
        selected = [
            s
            for s in of_kind(objects, "Service")
            if matches(monitor["spec"]["selector"], s["metadata"].get("labels", {}))
        ]
        ports = {port["name"] for s in selected for port in s["spec"]["ports"]}
        if not {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]} <= ports:
            yield "ServiceMonitor: no Service has the port"


def scaling(objects: Sequence[Object]) -> Iterator[str]:
    """Who is scaled has no number of its own, who is not has one; zero needs a waker."""
    scalers = of_kind(objects, "HorizontalPodAutoscaler") + of_kind(objects, "ScaledObject")
    targets = Counter(scaler["spec"]["scaleTargetRef"]["name"] for scaler in scalers)
    deployments = {d["metadata"]["name"]: d for d in of_kind(objects, "Deployment")}
    yield from (f"there is no Deployment {name} to scale" for name in targets - deployments.keys())
    yield from (
        f"{count} autoscalers pull at {name}" for name, count in targets.items() if count > 1
    )
    for name, deployment in deployments.items():
        if name in targets and "replicas" in deployment["spec"]:
            yield f"every apply would set the replicas of {name} back"
        if name not in targets and deployment["spec"].get("replicas", 0) < 2:
            yield f"{name} has no second pod to serve while one is replaced"
    for scaler in scalers:
        yield from _scaler(scaler)


def _scaler(scaler: Object) -> Iterator[str]:
    spec = scaler["spec"]
    name = f"{scaler['kind']} {scaler['metadata']['name']}"
    behavior = spec.get("behavior") or spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    if behavior["scaleUp"]["stabilizationWindowSeconds"] != 0:
        yield f"{name} does not scale up at once"
    if behavior["scaleDown"]["stabilizationWindowSeconds"] < 300:
        yield f"{name} scales down in haste"
    for metric in spec.get("metrics", []):
        if metric["type"] == "Resource":
            yield f"{name} scales on {metric['resource']['name']}"
    target = spec["scaleTargetRef"]["name"]
    pool = "main" if target == NAMESPACE else target
    if spec.get("minReplicaCount") == 0:
        queries = [trigger["metadata"]["query"] for trigger in spec["triggers"]]
        if all(f'm2m_server_pool="{pool}"' in query for query in queries):
            yield f"{name} scales to zero, and only the pods that are gone could wake it"


def no_secrets(objects: Sequence[Object]) -> Iterator[str]:
    """ConfigMaps are for everybody to read."""
    for config in of_kind(objects, "ConfigMap"):
        for key, value in config.get("data", {}).items():
            named = _SECRET_NAME.search(key) and not value.startswith("/")  # a file's place is none
            if named or _SECRET_VALUE.search(value):
                yield f"ConfigMap {config['metadata']['name']}: {key} looks like a secret"


def problems(objects: Sequence[Object], *, complete: bool = True) -> list[str]:
    """Return all that is wrong among objects; `complete`: nothing belongs to another folder."""
    rules = (names, selectors, disruption_budgets, scaling, no_secrets)
    return [
        *(problem for rule in rules for problem in rule(objects)),
        *references(objects, complete=complete),
    ]
