"""What clients of LibreTranslate and DeepL send and get, as schemas."""

from typing import Any

from server.core.settings import Settings
from server.routes.deepl import MAX_TEXTS
from server.schemas.translation import MAX_ALTERNATIVES

_STRING = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_IGNORED = {"description": "Has no effect."}
_PERCENT = {"type": "number", "minimum": 0, "maximum": 100, "description": "In per cent."}
_SOURCE = {**_STRING, "minLength": 1, "description": "A code of `GET /languages`, or `auto`."}
_TARGET = {**_STRING, "minLength": 1, "description": "A code of `GET /languages`."}


def make_compat_schemas(settings: Settings) -> dict[str, Any]:
    """Return the components by name."""
    return _libre_requests(settings) | _libre_answers() | _deepl(settings)


def _object(
    description: str, properties: dict[str, Any], *optional: str, closed: bool = True
) -> dict[str, Any]:
    schema = {
        "description": description,
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }
    return schema | {"additionalProperties": False} if closed else schema


def _libre_requests(settings: Settings) -> dict[str, Any]:
    text = {**_STRING, "minLength": 1, "maxLength": settings.max_characters}
    texts = {
        "type": "array",
        "items": {**_STRING, "maxLength": settings.max_characters},
        "minItems": 1,
        "maxItems": settings.max_texts,
    }
    one_or_many = {"oneOf": [text, texts], "description": "A text, or an array of texts."}
    number = {"type": "integer", "minimum": 0, "maximum": MAX_ALTERNATIVES}
    written = {**_STRING, "pattern": "^(0?[0-9]|10)$"}
    key = {"api_key": {**_STRING, "description": "An API key, if it is in no header."}}
    further = {
        "source": _SOURCE,
        "target": _TARGET,
        "format": {**_STRING, "enum": ["text", "html"], "default": "text"},
        "alternatives": {
            "oneOf": [number, written],
            "description": "Further translations; none of `html`.",
        },
        **key,
    }
    left_out = ("format", "alternatives", "api_key")
    return {
        "LibreTranslateRequest": _object(
            "Texts to translate.", {"q": one_or_many, **further}, *left_out, closed=False
        ),
        "LibreTranslateForm": _object(
            "A text to translate.", {"q": text, **further}, *left_out, closed=False
        ),
        "LibreDetectRequest": _object(
            "Texts in unknown languages.", {"q": one_or_many, **key}, "api_key", closed=False
        ),
        "LibreDetectForm": _object(
            "A text in an unknown language.", {"q": text, **key}, "api_key", closed=False
        ),
    }


def _libre_answers() -> dict[str, Any]:
    def one_or_many(schema: dict[str, Any]) -> dict[str, Any]:
        return {"oneOf": [schema, {"type": "array", "items": schema}]}

    detection = {"$ref": "#/components/schemas/LibreTranslateDetection"}
    language = _object("A language.", {"code": _STRING, "name": _STRING})
    flag = {"type": "boolean"}
    return {
        "LibreTranslateTranslation": _object(
            "The translation of one text or of many.",
            {
                "translatedText": one_or_many(_STRING),
                "detectedLanguage": one_or_many(detection),
                "alternatives": {
                    "type": "array",
                    "items": one_or_many(_STRING),
                },
            },
            "detectedLanguage",
            "alternatives",
        ),
        "LibreTranslateDetection": _object(
            "A language that a text may be in.", {"confidence": _PERCENT, "language": _STRING}
        ),
        "LibreTranslateSettings": _object(
            "What a page needs to know.",
            {
                "charLimit": _COUNT,
                "frontendTimeout": {**_COUNT, "description": "In milliseconds."},
                "apiKeys": flag,
                "keyRequired": flag,
                "suggestions": flag,
                "filesTranslation": flag,
                "supportedFilesFormat": {"type": "array", "items": _STRING},
                "language": _object(
                    "What is chosen at first.", {"source": language, "target": language}
                ),
            },
        ),
        "LibreTranslateHealth": _object("The state.", {"status": _STRING}),
        "LibreTranslateError": _object("What is wrong.", {"error": _STRING}),
    }


def _deepl(settings: Settings) -> dict[str, Any]:
    text = {**_STRING, "maxLength": settings.max_characters}
    texts = {"type": "array", "items": text, "minItems": 1, "maxItems": MAX_TEXTS}
    fields = {
        "text": {"oneOf": [text, texts], "description": "A text, or an array of texts."},
        "target_lang": {**_STRING, "minLength": 1, "examples": ["DE", "EN-GB"]},
        "source_lang": {**_STRING, "description": "Without it the language is detected."},
        "split_sentences": {
            **_STRING,
            "enum": ["0", "1", "nonewlines"],
            "description": "Has no effect.",
        },
        "tag_handling": {
            **_STRING,
            "enum": ["html", "xml"],
            "description": "Tags stay in their place.",
        },
        "formality": {
            **_STRING,
            "enum": ["default", "prefer_more", "prefer_less"],
            "description": "Has no effect.",
        },
        "auth_key": {**_STRING, "description": "An API key, if it is in no header."},
        "context": _IGNORED,
        "enable_beta_languages": _IGNORED,
        "model_type": _IGNORED,
        "preserve_formatting": _IGNORED,
        "show_billed_characters": _IGNORED,
        "tag_handling_version": _IGNORED,
    }
    translation = {
        "detected_source_language": _STRING,
        "text": _STRING,
        "billed_characters": _COUNT,
    }
    return {
        "DeepLRequest": _object(
            "Texts to translate.", fields, *(set(fields) - {"text", "target_lang"})
        ),
        "DeepLTranslations": _object(
            "The translations.",
            {"translations": {"type": "array", "items": _object("One of them.", translation)}},
        ),
        "DeepLLanguage": _object(
            "A language.",
            {"language": _STRING, "name": _STRING, "supports_formality": {"const": False}},
            "supports_formality",
        ),
        "DeepLUsage": _object(
            "Characters.", {"character_count": _COUNT, "character_limit": _COUNT}
        ),
        "DeepLError": _object("What is wrong.", {"message": _STRING}),
    }
