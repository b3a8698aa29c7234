"""The routes about the server itself. None needs an API key."""

from server.core.errors import UnknownModelError
from server.openapi.operations import Operation, answer, json_of, parameter
from server.schemas.status import (
    Alive,
    Gpus,
    Health,
    KServeLive,
    KServeModelReady,
    KServeReady,
    Language,
)

_LANGUAGES = {200: answer("All languages.", json_of(list[Language]))}
_HEALTH = {
    200: answer("Requests are served.", json_of(Health)),
    503: answer("The workers are loading, draining or dead.", json_of(Health)),
}
_LIVE = {200: answer("The process is alive.", json_of(Alive))}
_KSERVE_LIVE = {200: answer("The process is alive.", json_of(KServeLive))}
_KSERVE_READY = {
    200: answer("Requests are served.", json_of(KServeReady)),
    503: answer("The workers are loading, draining or dead.", json_of(KServeReady)),
}
_KSERVE_MODEL = {
    200: answer("The model can translate.", json_of(KServeModelReady)),
    503: answer("Its workers are loading, draining or dead.", json_of(KServeModelReady)),
}
_GPUS = {200: answer("All devices.", json_of(Gpus))}
_DOCUMENT = {200: answer("OpenAPI 3.1.", json_of({"type": "object"}))}
_MODEL = parameter(
    "model", "path", "A model's name, as in `GET /health_check`.", str, required=True
)
OPERATIONS = [
    *(
        Operation(f"get {path}", name, summary, answers, key="")
        for path, name, summary, answers in (
            ("/languages", "listLanguages", "List the languages of the model", _LANGUAGES),
            ("/health_check", "checkHealth", "Check whether requests are served", _HEALTH),
            ("/health_check/live", "checkLive", "Check whether the process is alive", _LIVE),
            ("/v2/health/live", "kserveLive", "Check it as KServe does", _KSERVE_LIVE),
            ("/v2/health/ready", "kserveReady", "Check readiness as KServe does", _KSERVE_READY),
            ("/gpus", "listGpus", "List the devices, their workers and the queue", _GPUS),
            ("/openapi.json", "getDocument", "Get this document", _DOCUMENT),
            (
                "/spec",
                "libreDocument",
                "Get this document, as clients of LibreTranslate do",
                _DOCUMENT,
            ),
        )
    ),
    Operation(
        "get /v2/models/{model}/ready",
        "kserveModelReady",
        "Check the readiness of a model as KServe does",
        _KSERVE_MODEL,
        [UnknownModelError],
        [_MODEL],
        key="",
    ),
]
