"""How to find one's way in rendered objects."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.k8s.rendering import Object

WORKLOADS = ("Deployment", "Job")
SERVER_IMAGES = ("m2m-server", "m2m-server-cuda", "m2m-server-418m")


@dataclass(frozen=True)
class Workload:
    """A Deployment or a Job."""

    object: Object
    config: dict[str, Object]  # the ConfigMaps that are rendered with it

    @property
    def name(self) -> str:
        return f"{self.object['kind']} {self.object['metadata']['name']}"

    @property
    def spec(self) -> dict[str, Any]:
        spec: dict[str, Any] = self.object["spec"]
        return spec

    @property
    def labels(self) -> dict[str, str]:
        labels: dict[str, str] = self.spec["template"]["metadata"]["labels"]
        return labels

    @property
    def pod(self) -> dict[str, Any]:
        pod: dict[str, Any] = self.spec["template"]["spec"]
        return pod

    @property
    def containers(self) -> list[dict[str, Any]]:
        return [*self.pod.get("initContainers", []), *self.pod["containers"]]

    @property
    def main(self) -> dict[str, Any]:
        container: dict[str, Any] = self.pod["containers"][0]
        return container

    @property
    def serves(self) -> bool:
        """Whether it is a pool of m2m-servers."""
        return self.labels.get("app.kubernetes.io/name") == "m2m-server"

    @property
    def is_ours(self) -> bool:
        """Whether it runs our image, as opposed to somebody else's."""
        return image_name(self.main["image"]) in SERVER_IMAGES

    @property
    def gpus(self) -> int:
        return sum(int(count) for count in gpu_counts(self.main, "limits").values())

    @property
    def environment(self) -> dict[str, str]:
        """The variables of its main container, from ConfigMaps and its own, which win."""
        found: dict[str, str] = {}
        for source in self.main.get("envFrom", []):
            found |= self.config[source["configMapRef"]["name"]]["data"]
        return found | {entry["name"]: self._value(entry) for entry in self.main.get("env", [])}

    def _value(self, entry: Object) -> str:
        """Return the value of a variable; of one that is read from elsewhere, too.

        From the container's resources these are whole numbers of cores, and from Secrets addresses
        of databases.
        """
        if "value" in entry:
            return str(entry["value"])
        if "secretKeyRef" in entry["valueFrom"]:
            return "postgresql://user@host/name"
        group, name = entry["valueFrom"]["resourceFieldRef"]["resource"].split(".")
        return str(int(self.main["resources"][group][name]))


def workloads(objects: Sequence[Object]) -> list[Workload]:
    """Return all Deployments and Jobs."""
    config = {item["metadata"]["name"]: item for item in of_kind(objects, "ConfigMap")}
    return [Workload(item, config) for item in objects if item["kind"] in WORKLOADS]


def of_kind(objects: Sequence[Object], kind: str) -> list[Object]:
    """Return the objects of a kind."""
    return [item for item in objects if item["kind"] == kind]


def named(objects: Sequence[Object], kind: str, name: str) -> Object:
    """Return the one object of this kind and name."""
    (found,) = [item for item in of_kind(objects, kind) if item["metadata"]["name"] == name]
    return found


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Return True if a label selector, as in a Deployment, selects these labels."""
    for expression in selector.get("matchExpressions", []):
        value = labels.get(expression["key"])
        if (value in expression["values"]) != (expression["operator"] == "In"):
            return False
    wanted: dict[str, str] = selector.get("matchLabels", {})
    return wanted.items() <= labels.items()


def image_name(image: str) -> str:
    """Return the last part of an image's name, without its tag."""
    return image.rpartition("/")[2].partition(":")[0]


def gpu_counts(container: dict[str, Any], which: str) -> dict[str, int]:
    """Return the GPUs, or slices of GPUs, in the requests or limits of a container."""
    resources = container.get("resources", {}).get(which, {})
    return {name: count for name, count in resources.items() if name.startswith("nvidia.com/")}


def selectors(node: object, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every `labelSelector` below a node, with its path."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "labelSelector":
                yield path, value
            else:
                yield from selectors(value, f"{path}.{key}")
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from selectors(value, f"{path}[{i}]")


_UNITS = {"": 1, "m": 0.001, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def quantity(text: str | int) -> float:
    """Return the number that a Kubernetes quantity stands for."""
    digits = str(text).rstrip("Kimg" + "MG")
    return float(digits) * _UNITS[str(text)[len(digits) :]]
