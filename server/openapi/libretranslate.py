"""The routes for clients of LibreTranslate."""

from functools import partial

from server.core.errors import (
    RateLimitError,
    StorageFullError,
    TooManyJobsError,
    TooManyTextsError,
)
from server.core.media_types import BINARY, FORM
from server.openapi.errors import READING, TEXTS, TRANSLATING
from server.openapi.operations import (
    Operation,
    answer,
    content_of,
    json_of,
    parameter,
    parameters_of,
)
from server.schemas.libretranslate import (
    STATUSES,
    LibreDetectForm,
    LibreDetectRequest,
    LibreFileForm,
    LibreSuggestForm,
    LibreSuggestRequest,
    LibreTranslateDetection,
    LibreTranslatedFile,
    LibreTranslateError,
    LibreTranslateForm,
    LibreTranslateHealth,
    LibreTranslateRequest,
    LibreTranslateSettings,
    LibreTranslateSuggestion,
    LibreTranslateTranslation,
)
from server.schemas.nllb import NllbServeForm, NllbServeRequest, NllbServeTranslation

_PAIR = {"source": "en", "target": "de"}
_REQUESTS = {
    "one_text": {"q": "Good morning.", **_PAIR},
    "many_texts": {"q": ["Good morning.", "Thank you."], **_PAIR, "format": "text"},
}
_TRANSLATION = json_of(
    LibreTranslateTranslation | NllbServeTranslation,
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
        body=parameters_of(
            LibreTranslateRequest | NllbServeRequest,
            LibreTranslateForm | NllbServeForm,
            **_REQUESTS,
        ),
        description="With `tgt_lang`, it is answered as by nllb-serve.",
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
    _operation(
        "post /translate_file",
        "libreTranslateFile",
        "Translate a document",
        {200: answer("Where the result is.", json_of(LibreTranslatedFile))},
        (403, 404, 500, *TRANSLATING, TooManyTextsError, TooManyJobsError, StorageFullError),
        body={FORM: content_of(LibreFileForm)},
        description="The answer comes once the document is translated; other work comes first. "
        "The result is kept as long as that of a job. If jobs are off, the status is 403.",
    ),
    _operation(
        "get /download_file/{name}",
        "libreDownloadFile",
        "Get a translated document",
        {200: answer("The translated document.", {BINARY: content_of({})})},
        (403, 404),
        parameters=[parameter("name", "path", "As in `translatedFileUrl`.", str, required=True)],
        key="",
    ),
    _operation(
        "post /suggest",
        "libreSuggest",
        "Suggest a better translation",
        {200: answer("The suggestion is not stored.", json_of(LibreTranslateSuggestion))},
        (*READING, RateLimitError),
        body=parameters_of(LibreSuggestRequest, LibreSuggestForm),
        description="This server stores no suggestions.",
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
