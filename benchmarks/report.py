"""How every benchmark shows its figures: a table, one JSON line, and both in a Markdown file."""

import importlib.metadata
import json
import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def versions(*packages: str) -> dict[str, str]:
    """Return the installed versions of packages."""
    return {name: importlib.metadata.version(name) for name in packages}


def machine() -> str:
    """Return the name of the CPU and the number of usable cores."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    found = re.search(r"^model name\s*: (.+)", text, re.MULTILINE)
    return f"{found[1] if found else platform.machine()}, {len(os.sched_getaffinity(0))} cores"


def in_words(versions: Mapping[str, str]) -> str:
    """Return versions as a phrase for a table's caption."""
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def publish(report: Mapping[str, Any], table: str, output: Path | None) -> None:
    """Print the table and the report as one JSON line; write both to `output` too."""
    line = json.dumps(report)
    print(table)
    print(line)
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(f"{table}\n\n```json\n{line}\n```\n", encoding="utf-8")
