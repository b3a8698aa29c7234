"""The routes for clients of DeepL."""

from functools import partial

from server.core.errors import TooManyTextsError
from server.core.media_types import URLENCODED
from server.openapi.errors import READING, TRANSLATING
from server.openapi.operations import (
    Operation,
    answer,
    content_of,
    json_of,
    parameter,
    parameters_of,
)
from server.schemas.deepl import (
    MAX_TEXTS,
    STATUSES,
    DeepLError,
    DeepLLanguage,
    DeepLRequest,
    DeepLTranslations,
    DeepLUsage,
    LanguageType,
)

_REQUEST = {"text": ["Good morning."], "source_lang": "EN", "target_lang": "DE"}
_TRANSLATED = {"detected_source_language": "EN", "text": "Guten Morgen.", "billed_characters": 13}
_TRANSLATIONS = json_of(DeepLTranslations, many_texts={"translations": [_TRANSLATED]})
_LANGUAGES = {200: answer("The languages.", json_of(list[DeepLLanguage]))}
_LANGUAGES_FORM = {"type": "object", "properties": {"type": LanguageType}}
_USAGE = {200: answer("The usage.", json_of(DeepLUsage))}
_operation = partial(Operation, key="deepl", error=DeepLError, statuses=STATUSES)
OPERATIONS = [
    _operation(
        "post /v2/translate",
        "deeplTranslate",
        f"Translate up to {MAX_TEXTS} texts",
        {200: answer("The translations.", _TRANSLATIONS)},
        (*TRANSLATING, TooManyTextsError),
        body=parameters_of(DeepLRequest, DeepLRequest, many_texts=_REQUEST),
        description="A parameter that would change the translation but is not supported is an "
        "error.",
    ),
    _operation(
        "get /v2/languages",
        "deeplLanguages",
        "List the languages",
        _LANGUAGES,
        READING,
        parameters=[parameter("type", "query", "Sources or targets.", LanguageType)],
    ),
    _operation(
        "post /v2/languages",
        "deeplLanguagesByForm",
        "List the languages, with the parameter in a form",
        _LANGUAGES,
        READING,
        body={URLENCODED: content_of(_LANGUAGES_FORM)},
        needs_body=False,
    ),
    *(
        _operation(
            f"{method} /v2/usage",
            name,
            "Get the number of characters translated for the API key",
            _USAGE,
            READING,
            description="Since the start of the server.",
        )
        for method, name in (("get", "deeplUsage"), ("post", "deeplUsageByForm"))
    ),
]
