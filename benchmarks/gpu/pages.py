"""The result of a part as a page of docs/benchmarks, with a JSON line at the end."""

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.gpu.parts import Outcome
from benchmarks.report import in_words, publish


def write(
    outcome: Outcome,
    machine: Mapping[str, Any],
    command: str,
    notes: Sequence[str],
    output: Path,
) -> Path:
    """Print and write the page of a part; return its path."""
    path = output / f"gpu-{outcome.part.name}.md"
    report = {
        "benchmark": f"gpu-{outcome.part.name}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": dict(machine),
        "command": command,
        "seconds": round(outcome.took, 1),
        "failed": outcome.failed,
        "notes": list(notes),
        "rows": list(outcome.rows),
    }
    publish(report, _page(outcome, report), path)
    return path


def _page(outcome: Outcome, report: Mapping[str, Any]) -> str:
    lines = [
        f"# GPU: {outcome.part.title}",
        "",
        f"{report['date']}, {_machine(report['machine'])}. Command: `{report['command']}`, of "
        f"which this took {report['seconds']:.0f} s.",
    ]
    lines += [f"{note[0].upper()}{note[1:]}." for note in report["notes"]]
    if outcome.table:
        lines += ["", outcome.table]
    if outcome.failed:
        lines += ["", f"**failed**: {outcome.failed}"]
    return "\n".join(lines)


def _machine(machine: Mapping[str, Any]) -> str:
    """Return the description of a machine; unknown items are omitted."""
    if not machine:
        return "a machine that could not be described"
    words = [str(machine["card"])]
    if machine.get("cards", 1) > 1:
        words[0] = f"{machine['cards']} × {words[0]}"
    if "driver" in machine:
        words.append(f"driver {machine['driver']}, CUDA {machine['cuda']}")
    words.append(f"{machine['cores']} CPU cores")
    versions = {"Python": machine["python"], **machine["versions"]}
    return f"{', '.join(words)}; {in_words(versions)}"
