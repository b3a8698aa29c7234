"""The routes for clients of LibreTranslate and DeepL."""

from collections.abc import Mapping
from typing import Any

from server.openapi.operations import (
    FORM,
    JSON,
    URLENCODED,
    Operation,
    answer,
    content_of,
    json_of,
)
from server.openapi.schemas import reference

_LIBRE = "LibreTranslate"
_DEEPL = "DeepL"
_LIBRE_KEYS = ("key",)
_DEEPL_KEYS = ("deepl",)
_BUSY = {
    429: "The server has all the work it can take, or the key has had its share.",
    500: "A text could not be translated.",
    503: "No worker can translate at the moment.",
    504: "The translation was not finished in time.",
}
_LIBRE_ERRORS = {
    400: "A parameter is missing or wrong, there is too much text, or a key is needed.",
    403: "The key is not known.",
    413: "The body is too large.",
}
_DEEPL_ERRORS = {
    400: "A parameter is missing, wrong or not supported.",
    403: "A key is needed, or is not known.",
    413: "There is too much text.",
}
_LANGUAGE_TYPE = {"type": "string", "enum": ["source", "target"], "default": "source"}


def operations() -> list[Operation]:
    """Return the operations."""
    return [
        _translate(),
        _detect(),
        _settings(),
        _health(),
        _deepl_translate(),
        *_deepl_languages(),
        *_deepl_usage(),
    ]


def _translate() -> Operation:
    pair = {"source": "en", "target": "de"}
    requests = {
        "one_text": {"q": "Good morning.", **pair},
        "many_texts": {"q": ["Good morning.", "Thank you."], **pair, "format": "text"},
    }
    answers = {
        "one_text": {"translatedText": "Guten Morgen."},
        "many_texts": {"translatedText": ["Guten Morgen.", "Danke."]},
    }
    return Operation(
        "post",
        "/translate",
        "libreTranslate",
        _LIBRE,
        "Translate a text or an array of texts",
        body=_parameters("LibreTranslateRequest", "LibreTranslateForm", **requests),
        answers={
            200: answer("The translation.", json_of("LibreTranslateTranslation", **answers)),
            **_failures("LibreTranslateError", _LIBRE_ERRORS | _BUSY),
        },
        keys=_LIBRE_KEYS,
    )


def _detect() -> Operation:
    found = {"type": "array", "items": reference("LibreTranslateDetection")}
    schema = {"oneOf": [found, {"type": "array", "items": found}]}
    return Operation(
        "post",
        "/detect",
        "libreDetect",
        _LIBRE,
        "Tell the languages that a text may be in",
        description="The best first; an array of texts gets an array for each.",
        body=_parameters(
            "LibreDetectRequest", "LibreDetectForm", one_text={"q": "Guten Morgen, Berlin!"}
        ),
        answers={
            200: answer("The languages.", {JSON: {"schema": schema}}),
            **_failures("LibreTranslateError", _LIBRE_ERRORS | {429: _BUSY[429]}),
        },
        keys=_LIBRE_KEYS,
    )


def _settings() -> Operation:
    return Operation(
        "get",
        "/frontend/settings",
        "libreSettings",
        _LIBRE,
        "What a page around the API needs to know",
        answers={200: answer("The settings.", json_of("LibreTranslateSettings"))},
        keys=(),
    )


def _health() -> Operation:
    content = json_of("LibreTranslateHealth")
    return Operation(
        "get",
        "/health",
        "libreHealth",
        _LIBRE,
        "Whether requests are answered",
        answers={200: answer("They are.", content), 503: answer("They are not.", content)},
        keys=(),
    )


def _deepl_translate() -> Operation:
    requests = {
        "many_texts": {"text": ["Good morning."], "source_lang": "EN", "target_lang": "DE"},
    }
    answers = {
        "many_texts": {
            "translations": [
                {
                    "detected_source_language": "EN",
                    "text": "Guten Morgen.",
                    "billed_characters": 13,
                }
            ]
        }
    }
    return Operation(
        "post",
        "/v2/translate",
        "deeplTranslate",
        _DEEPL,
        "Translate up to 50 texts",
        description="What would change the translation and is not supported is refused.",
        body=_parameters("DeepLRequest", "DeepLRequest", **requests),
        answers={
            200: answer("The translations.", json_of("DeepLTranslations", **answers)),
            **_failures("DeepLError", _DEEPL_ERRORS | _BUSY),
        },
        keys=_DEEPL_KEYS,
    )


def _deepl_languages() -> list[Operation]:
    kind = {
        "name": "type",
        "in": "query",
        "description": "Of which side.",
        "schema": _LANGUAGE_TYPE,
    }
    languages = {JSON: {"schema": {"type": "array", "items": reference("DeepLLanguage")}}}
    form = {"type": "object", "properties": {"type": _LANGUAGE_TYPE}}
    answers = {
        200: answer("The languages.", languages),
        **_failures("DeepLError", _DEEPL_ERRORS),
    }
    get, post = "List the languages", "List the languages, asked for by a form"
    return [
        Operation(
            "get", "/v2/languages", "deeplLanguages", _DEEPL, get, answers,
            parameters=[kind], keys=_DEEPL_KEYS,
        ),
        Operation(
            "post", "/v2/languages", "deeplLanguagesByForm", _DEEPL, post, answers,
            body={URLENCODED: content_of(form)}, needs_body=False, keys=_DEEPL_KEYS,
        ),
    ]  # fmt: skip


def _deepl_usage() -> list[Operation]:
    answers = {
        200: answer("The figures.", json_of("DeepLUsage")),
        **_failures("DeepLError", _DEEPL_ERRORS),
    }
    return [
        Operation(
            method,
            "/v2/usage",
            name,
            _DEEPL,
            "How many characters the key has had translated",
            answers,
            description="Since the start of the server.",
            keys=_DEEPL_KEYS,
        )
        for method, name in (("get", "deeplUsage"), ("post", "deeplUsageByForm"))
    ]


def _parameters(request: str, form: str, **examples: Any) -> dict[str, dict[str, Any]]:
    """Return the contents that parameters may be in."""
    return {
        **json_of(request, **examples),
        URLENCODED: content_of(reference(form)),
        FORM: content_of(reference(form)),
    }


def _failures(schema: str, statuses: Mapping[int, str]) -> dict[int, dict[str, Any]]:
    return {
        status: answer(description, json_of(schema)) for status, description in statuses.items()
    }
