"""The table of values in the chart's README, made from its schema and its defaults.

`make chart-readme` writes it.
"""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import yaml

from tests.k8s.chart import CHART, SCHEMA, leaves

README = CHART / "README.md"
BEGIN, END = "<!-- values: made by `make chart-readme` -->\n", "<!-- end of values -->\n"
_SHORT = 60  # characters of a default that is shown
_DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text())


def table() -> str:
    """Return the values in Markdown, a section for each of the first level."""
    parts = []
    named = [(name, schema) for name, schema in leaves(SCHEMA) if name != "global"]
    for top, group in groupby(named, lambda each: each[0].partition(".")[0].partition("[")[0]):
        if top == "allPools":  # the same as of a pool
            continue
        title = "`pools.NAME`, and `allPools` for all of them" if top == "pools" else f"`{top}`"
        parts.append(f"### {title}\n\n{_about(top)}| value | default | |\n| --- | --- | --- |\n")
        parts += _rows(group)
        parts.append("\n")
    return "".join(parts)


def _about(top: str) -> str:
    schema = SCHEMA["properties"][top]
    return (
        f"{schema['description']}\n\n"
        if "properties" in schema or top in ("pools", "secretEnv")
        else ""
    )


def _rows(group: Any) -> Iterator[str]:
    for name, schema in group:
        shown = name.removeprefix("pools.*.").replace("*", "NAME")
        words = schema["description"]
        if "enum" in schema:
            words += f" One of {', '.join(f'`{each}`' for each in schema['enum'])}."
        yield f"| `{shown}` | {_default(name)} | {words} |\n"


def _default(name: str) -> str:
    """Return a short default; a long one is in values.yaml, and some depend on the device."""
    node: Any = _DEFAULTS
    for step in name.replace("pools.*", "allPools").removesuffix(".*").split("."):
        if not isinstance(node, dict) or step not in node:
            return ""
        node = node[step]
    text = json.dumps(node)
    if node in ("", [], {}):
        return ""
    return f"`{text}`" if len(text) <= _SHORT else "see [values.yaml](values.yaml)"


def main() -> None:
    """Replace the table in the README."""
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}{table()}{END}{after}")


if __name__ == "__main__":
    main()
