"""Changes to manifests that somebody might make by mistake."""

from collections.abc import Callable
from typing import Any

Change = Callable[[dict[str, Any]], None]


def set_value(path: str, value: object) -> Change:
    """Return what sets a value; a path such as `spec.replicas` or `containers.0.image`."""

    def change(node: Any) -> None:
        *way, last = path.split(".")
        for step in way:
            node = node[int(step) if isinstance(node, list) else step]
        node[int(last) if isinstance(node, list) else last] = value

    return change


def remove(path: str) -> Change:
    def change(node: Any) -> None:
        *way, last = path.split(".")
        for step in way:
            node = node[int(step) if isinstance(node, list) else step]
        del node[int(last) if isinstance(node, list) else last]

    return change


def set_variable(name: str, value: str | None) -> Change:
    """Return what sets or removes a variable of a Deployment's container."""

    def change(deployment: dict[str, Any]) -> None:
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        container["env"] = [entry for entry in container["env"] if entry["name"] != name]
        if value is not None:
            container["env"].append({"name": name, "value": value})

    return change
