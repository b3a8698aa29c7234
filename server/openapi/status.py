"""The routes about the server itself. None needs an API key."""

from server.openapi.operations import Operation, answer, json_of
from server.schemas.status import Alive, Gpus, Health, Language

_LANGUAGES = {200: answer("All languages.", json_of(list[Language]))}
_HEALTH = {
    200: answer("Requests are served.", json_of(Health)),
    503: answer("The workers are loading, draining or dead.", json_of(Health)),
}
_LIVE = {200: answer("The process is alive.", json_of(Alive))}
_GPUS = {200: answer("All devices.", json_of(Gpus))}
_DOCUMENT = {200: answer("OpenAPI 3.1.", json_of({"type": "object"}))}
OPERATIONS = [
    Operation(f"get {path}", name, summary, answers, key="")
    for path, name, summary, answers in (
        ("/languages", "listLanguages", "List the languages of the model", _LANGUAGES),
        ("/health_check", "checkHealth", "Check whether requests are served", _HEALTH),
        ("/health_check/live", "checkLive", "Check whether the process is alive", _LIVE),
        ("/gpus", "listGpus", "List the devices, their workers and the queue", _GPUS),
        ("/openapi.json", "getDocument", "Get this document", _DOCUMENT),
        ("/spec", "libreDocument", "Get this document, as clients of LibreTranslate do", _DOCUMENT),
    )
]
