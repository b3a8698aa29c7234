"""JSON files of a checkpoint."""

import json
from pathlib import Path
from typing import Any

from translator.errors import CheckpointError


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a file; raises CheckpointError if there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CheckpointError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} does not hold a JSON object")
    return content
