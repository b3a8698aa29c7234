"""An example of each route for the command line, made of the document's own examples."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from server.core.media_types import FORM, JSON
from server.schemas.translation import FileRequest

_SERVER = "localhost:8000"
_FILE = "-F file=@guide.md -F source_language=en -F target_language=de"


def curl_example(
    route: str, parameters: Sequence[Mapping[str, Any]], content: Mapping[str, Mapping[str, Any]]
) -> str:
    """Return a command that sends the first example of a body; the arguments are an `Operation`'s.

    "" for a body without examples, unless it is a form with a document.
    """
    method, path = route.split()
    query = {each["name"]: each["example"] for each in parameters if _is_needed(each)}
    address = _SERVER + path.replace("{job_id}", "ID")
    address = shlex.quote(f"{address}?{urlencode(query, doseq=True)}") if query else address
    command = f"curl -s {address}" if method != "delete" else f"curl -s -X DELETE {address}"
    examples = content.get(JSON, {}).get("examples", {})
    if examples:
        body = json.dumps(next(iter(examples.values()))["value"], ensure_ascii=False)
        return f"{command} -H 'Content-Type: {JSON}' \\\n  -d {shlex.quote(body)}"
    if content.get(FORM, {}).get("schema") is FileRequest:
        return f"{command} \\\n  {_FILE}"
    return "" if content else command


def _is_needed(parameter: Mapping[str, Any]) -> bool:
    return parameter["in"] == "query" and bool(parameter.get("required")) and "example" in parameter
