"""The routes for clients of LibreTranslate."""

from functools import partial

from server.core.errors import TooManyTextsError
from server.openapi.errors import TEXTS, TRANSLATING
from server.openapi.operations import Operation, answer, json_of, parameters_of
from server.schemas.libretranslate import (
    STATUSES,
    LibreDetectForm,
    LibreDetectRequest,
    LibreTranslateDetection,
    LibreTranslateError,
    LibreTranslateForm,
    LibreTranslateHealth,
    LibreTranslateRequest,
    LibreTranslateSettings,
    LibreTranslateTranslation,
)

_PAIR = {"source": "en", "target": "de"}
_REQUESTS = {
    "one_text": {"q": "Good morning.", **_PAIR},
    "many_texts": {"q": ["Good morning.", "Thank you."], **_PAIR, "format": "text"},
}
_TRANSLATION = json_of(
    LibreTranslateTranslation,
    one_text={"translatedText": "Guten Morgen."},
    many_texts={"translatedText": ["Guten Morgen.", "Danke."]},
)
_UNKNOWN = {"q": "Guten Morgen, Berlin!"}
_DETECTED = list[LibreTranslateDetection]
_HEALTH = json_of(LibreTranslateHealth)
_operation = partial(Operation, error=LibreTranslateError, statuses=STATUSES)
OPERATIONS = [
    _operation(
        "post /translate",
        "libreTranslate",
        "Translate a text or an array of texts",
        {200: answer("The translation.", _TRANSLATION)},
        (*TRANSLATING, TooManyTextsError),
        body=parameters_of(LibreTranslateRequest, LibreTranslateForm, **_REQUESTS),
    ),
    _operation(
        "post /detect",
        "libreDetect",
        "Detect the language of a text",
        {200: answer("The languages, best first.", json_of(_DETECTED | list[_DETECTED]))},
        (*TEXTS, TooManyTextsError),
        body=parameters_of(LibreDetectRequest, LibreDetectForm, one_text=_UNKNOWN),
        description="For an array of texts, the answer has an array of languages for each.",
    ),
    Operation(
        "get /frontend/settings",
        "libreSettings",
        "Get the settings for a user interface",
        {200: answer("The settings.", json_of(LibreTranslateSettings))},
        key="",
    ),
    Operation(
        "get /health",
        "libreHealth",
        "Check whether requests are served",
        {
            200: answer("Requests are served.", _HEALTH),
            503: answer("Requests are not served.", _HEALTH),
        },
        key="",
    ),
]
