"""The Helm chart as Helm renders it."""

import copy
import functools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helm_python
import yaml

from tests.k8s.rendering import K8S, Object

CHART = K8S / "helm/m2m-server"
EXAMPLES = sorted(path.stem for path in (CHART / "examples").glob("*.yaml"))
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())
Values = dict[str, Any]

_chart = helm_python.Chart.load(CHART)


def example(name: str) -> Values:
    """Return the values of an example; those of the chart for "cpu", which needs no others."""
    if name == "cpu":
        return {}
    values: Values = yaml.safe_load((CHART / f"examples/{name}.yaml").read_text())
    return values


def merged(*layers: Values) -> Values:
    """Return values as Helm merges several files: maps are merged, all else is replaced."""
    result: Values = {}
    for layer in layers:
        for key, value in layer.items():
            below = result.get(key)
            if isinstance(value, dict) and isinstance(below, dict):
                result[key] = merged(below, value)
            else:
                result[key] = copy.deepcopy(value)
    return result


def rendered_files(values: Values, name: str = "m2m-server") -> dict[str, str]:
    """Return what Helm prints for a release in the namespace m2m-server, by template.

    Raises `helm_python.HelmError` for values that the schema or a template refuses.
    """
    return dict(_rendered_files(json.dumps(values), name))


@functools.cache
def _rendered_files(values: str, name: str) -> dict[str, str]:
    files = _chart.render(json.loads(values), name=name, namespace="m2m-server")
    return {path.removeprefix("m2m-server/templates/"): text for path, text in files.items()}


def chart_text(values: Values, name: str = "m2m-server") -> str:
    """Return all objects as one YAML stream."""
    files = rendered_files(values, name)
    return "\n---\n".join(text for path, text in files.items() if path != "NOTES.txt")


def render_chart(values: Values, name: str = "m2m-server") -> list[Object]:
    """Return the objects of a release, without the pod of `helm test`."""
    objects = yaml.load_all(chart_text(values, name), Loader=yaml.CSafeLoader)
    return [item for item in objects if item and item["kind"] != "Pod"]


def leaves(schema: Values, path: str = "") -> Iterator[tuple[str, Values]]:
    """Yield every value that may be set, with its schema; a name that users choose is `*`.

    Values of Kubernetes' own types are not taken apart.
    """
    schema = _resolved(schema)
    inner = schema.get("properties", {})
    named = schema.get("additionalProperties")
    items = schema.get("items", {})
    if inner:
        for key, value in inner.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(named, dict):
        yield from leaves({"description": schema["description"], **named}, f"{path}.*")
    elif "properties" in _resolved(items):
        yield from leaves(items, f"{path}[]")
    else:
        yield path, schema


def _resolved(schema: Values) -> Values:
    """Return a schema with what it refers to; its own description goes before."""
    (target,) = schema.get("allOf", [schema])
    if "$ref" not in target:
        return schema
    definition = SCHEMA["definitions"][target["$ref"].rpartition("/")[2]]
    described = {key: schema[key] for key in ("description",) if key in schema}
    return {**definition, **described}


def main() -> None:
    """Write every example into a folder, for tools that read files."""
    folder = Path(sys.argv[1])
    for name in ("cpu", *EXAMPLES):
        (folder / f"helm-{name}.yaml").write_text(chart_text(example(name)))


if __name__ == "__main__":
    main()
