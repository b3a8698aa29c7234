"""What the chart and kustomize render, in a form in which equal installations are equal.

The differences that are intended are removed here, each with its reason, and k8s/helm/m2m-server's
README lists them.
"""

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.k8s.objects import image_name
from tests.k8s.rendering import Object

# Helm labels what belongs to a release, and selects by it: several may be in one namespace.
_LABELS_OF_RELEASES = re.compile(
    r"app\.kubernetes\.io/(instance|part-of|version|managed-by)|helm\.sh/.*"
)
# kustomize's autoscalers copy the first two; Helm rolls pods by checksums, and keeps volumes.
_ANNOTATIONS = re.compile(r"m2m-server/(queue-target|floor)|checksum/.*|helm\.sh/.*")
# kustomize's names say m2m-; a ConfigMap's ends with a hash, where Helm has the checksums.
_NAMES = (
    (
        re.compile(r"m2m-(front|models|deny-all|clients|monitoring|database|model-fetch)"),
        r"m2m-server-\1",
    ),
    (re.compile(r"m2m-server-settings-[a-z0-9]{10}"), "m2m-server-settings"),
    (re.compile(r"m2m-front-[a-z0-9]{10}"), "m2m-server-front"),
    (re.compile(r"m2m-server-fetch-[0-9a-f]{8}"), "m2m-server-model-fetch"),
)
# Their values are names of objects, or of nothing else that looks like one.
_NAMING = frozenset({"name", "claimName"})

# Lists whose order means nothing, and what tells their items apart.
_UNORDERED = {"env": "name", "volumes": "name", "volumeMounts": "mountPath"}

Key = tuple[str, str]  # kind and name


def normal_form(objects: Sequence[Object]) -> dict[Key, Object]:
    """Return objects by kind and name, without what is intended to differ."""
    by_name: dict[Key, Object] = {}
    for item in copy.deepcopy(list(objects)):
        if item["kind"] == "Namespace":  # Helm leaves the namespace to the user
            continue
        _same(item)
        found: Object = _walk(item)
        key = found["kind"], found["metadata"]["name"]
        assert key not in by_name
        by_name[key] = found
    return by_name


def _same(item: Object) -> None:
    """Remove what differs in one kind of objects."""
    spec = item.get("spec", {})
    if item["kind"] == "Service" and spec.get("type") == "ClusterIP":
        del spec["type"]  # the default
    if item["kind"] == "ConfigMap":
        item.pop("immutable", None)  # kustomize's have a hash in the name, Helm's change
    if item["kind"] == "Job":
        # Helm's runs in the image of the pools, so that one image is enough.
        container = spec["template"]["spec"]["containers"][0]
        container["image"] = image_name(container["image"]).removesuffix("-cuda")


def _walk(node: Any, key: str = "") -> Any:
    """Return a node with names, labels and variables in the normal form."""
    if isinstance(node, dict):
        return _walk_mapping(node, key)
    if key in _UNORDERED:
        return {entry[_UNORDERED[key]]: _walk(entry) for entry in node}
    if isinstance(node, list):
        return [_walk(value) for value in node]
    if isinstance(node, str) and key in _NAMING:
        for pattern, name in _NAMES:
            if pattern.fullmatch(node):
                return pattern.sub(name, node)
    return node


def _walk_mapping(node: dict[str, Any], key: str) -> dict[str, Any]:
    dropped: Callable[[str], object] = {
        "labels": _LABELS_OF_RELEASES.fullmatch,
        "matchLabels": _LABELS_OF_RELEASES.fullmatch,
        "selector": _LABELS_OF_RELEASES.fullmatch,  # of a Service
        "annotations": _ANNOTATIONS.fullmatch,
    }.get(key, lambda _: None)
    kept = {name: _walk(value, name) for name, value in node.items() if not dropped(name)}
    return {
        name: value
        for name, value in kept.items()
        if value != {} or name not in ("labels", "matchLabels", "annotations")
    }


def differences(ours: Any, theirs: Any, where: str = "") -> Iterator[str]:
    """Yield each place where two normal forms differ, with both values."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in [*ours, *(theirs.keys() - ours.keys())]:
            inner = f"{where}.{key}"
            yield from differences(ours.get(key, "nothing"), theirs.get(key, "nothing"), inner)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for i, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(*pair, f"{where}[{i}]")
    elif ours != theirs:
        yield f"{where}: the chart has {ours!r}, kustomize {theirs!r}"
