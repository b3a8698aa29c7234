"""The routes for clients of DeepL: texts, languages and usage."""

from server.core.errors import TooManyTextsError
from server.core.media_types import URLENCODED
from server.openapi.deepl_documents import DOCUMENTS
from server.openapi.deepl_glossaries import GLOSSARIES
from server.openapi.deepl_operation import deepl_operation
from server.openapi.errors import READING, TRANSLATING
from server.openapi.operations import (
    answer,
    content_of,
    json_of,
    parameter,
    parameters_of,
)
from server.schemas.deepl import (
    MAX_TEXTS,
    DeepLForm,
    DeepLGlossaryPairs,
    DeepLLanguage,
    DeepLRequest,
    DeepLTranslations,
    DeepLUsage,
    LanguageType,
)

_REQUEST = {"text": ["Good morning."], "source_lang": "EN", "target_lang": "DE"}
_TRANSLATED = {"detected_source_language": "EN", "text": "Guten Morgen."}
_TRANSLATIONS = json_of(DeepLTranslations, many_texts={"translations": [_TRANSLATED]})
_LANGUAGES = {200: answer("The languages.", json_of(list[DeepLLanguage]))}
_LANGUAGES_FORM = {"type": "object", "properties": {"type": LanguageType}}
_USAGE = {200: answer("The usage.", json_of(DeepLUsage))}
_PAIRS = {200: answer("The pairs.", json_of(DeepLGlossaryPairs))}
OPERATIONS = [
    deepl_operation(
        "post /v2/translate",
        "deeplTranslate",
        f"Translate up to {MAX_TEXTS} texts",
        {200: answer("The translations.", _TRANSLATIONS)},
        (*TRANSLATING, TooManyTextsError),
        body=parameters_of(DeepLRequest, DeepLForm, many_texts=_REQUEST),
        description="A parameter of DeepL that would change the translation but is not supported "
        "is an error; unknown ones are ignored.",
    ),
    *DOCUMENTS,
    *GLOSSARIES,
    deepl_operation(
        "get /v2/languages",
        "deeplLanguages",
        "List the languages",
        _LANGUAGES,
        READING,
        parameters=[parameter("type", "query", "Sources or targets.", LanguageType)],
    ),
    deepl_operation(
        "post /v2/languages",
        "deeplLanguagesByForm",
        "List the languages, with the parameter in a form",
        _LANGUAGES,
        READING,
        body={URLENCODED: content_of(_LANGUAGES_FORM)},
        needs_body=False,
    ),
    deepl_operation(
        "get /v2/glossary-language-pairs",
        "deeplGlossaryPairs",
        "List the pairs of languages for stored glossaries: all",
        _PAIRS,
        READING,
    ),
    *(
        deepl_operation(
            f"{method} /v2/usage",
            name,
            "Get the number of characters translated for the API key",
            _USAGE,
            READING,
            description="In this calendar month (UTC), by all processes of the server.",
        )
        for method, name in (("get", "deeplUsage"), ("post", "deeplUsageByForm"))
    ),
]
