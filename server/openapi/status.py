"""The routes that tell about the server."""

from server.openapi.operations import JSON, Operation, answer, json_of
from server.openapi.schemas import reference

_TAG = "Server"


def operations() -> list[Operation]:
    """Return the operations; none needs an API key."""
    languages = {JSON: {"schema": {"type": "array", "items": reference("Language")}}}
    health = json_of("Health")
    document = {JSON: {"schema": {"type": "object"}}}
    return [
        _get(
            "/languages",
            "listLanguages",
            "The languages of the model",
            {200: answer("All languages.", languages)},
        ),
        _get(
            "/health_check",
            "checkHealth",
            "Whether requests are answered",
            {
                200: answer("They are.", health),
                503: answer("The workers are loading, draining or dead.", health),
            },
        ),
        _get(
            "/health_check/live",
            "checkLive",
            "Whether the process answers",
            {200: answer("It does.", json_of("Alive"))},
        ),
        _get(
            "/gpus",
            "listGpus",
            "The devices, their workers and what waits",
            {200: answer("All devices.", json_of("Gpus"))},
        ),
        _get(
            "/openapi.json", "getDocument", "This document", {200: answer("OpenAPI 3.1.", document)}
        ),
    ]


def _get(path: str, name: str, summary: str, answers: dict[int, dict[str, object]]) -> Operation:
    return Operation("get", path, name, _TAG, summary, answers, keys=())
