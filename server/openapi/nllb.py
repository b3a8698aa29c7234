"""The routes for clients of nllb-serve and nllb-api."""

from functools import partial

from server.core.errors import TooManyTextsError
from server.core.media_types import FORM, URLENCODED
from server.openapi.errors import TEXTS, TRANSLATING
from server.openapi.operations import Operation, answer, content_of, json_of, parameter
from server.schemas.fields import Text
from server.schemas.libretranslate import STATUSES, LibreTranslateError
from server.schemas.nllb import (
    FloresCode,
    NllbApiError,
    NllbApiLanguage,
    NllbApiRequest,
    NllbApiTranslation,
    NllbServeTranslation,
    Sources,
)

_REQUEST = {"text": "Good morning.", "source": "eng_Latn", "target": "deu_Latn"}
_TRANSLATED = json_of(NllbApiTranslation, one_text={"result": "Guten Morgen."})
_TRANSLATION = {200: answer("The translation.", _TRANSLATED)}
_TEXT = parameter("text", "query", "The text.", Text, required=True, example="Good morning.")
_ENGLISH = {"anyOf": [FloresCode], "default": "eng_Latn"}
_SPANISH = {"anyOf": [FloresCode], "default": "spa_Latn"}
_api = partial(Operation, error=NllbApiError)
OPERATIONS = [
    Operation(
        "get /translate",
        "nllbServeTranslate",
        "Translate texts, as clients of nllb-serve ask for it",
        {200: answer("The translations.", json_of(NllbServeTranslation))},
        (405, *TRANSLATING, TooManyTextsError),
        parameters=[
            parameter("source", "query", "The texts.", Sources, required=True, example=["Hello."]),
            parameter("src_lang", "query", "The source language.", _ENGLISH, example="eng_Latn"),
            parameter(
                "tgt_lang", "query", "The target.", FloresCode, required=True, example="deu_Latn"
            ),
        ],
        error=LibreTranslateError,
        statuses=STATUSES,
        description="`POST /translate` takes the same parameters in a form or in JSON.",
    ),
    _api(
        "get /api/v4/translator",
        "nllbApiTranslateByQuery",
        "Translate a text, with the parameters in the query",
        _TRANSLATION,
        TRANSLATING,
        parameters=[
            _TEXT,
            parameter("source", "query", "The source language.", _ENGLISH, example="eng_Latn"),
            parameter("target", "query", "The target language.", _SPANISH, example="deu_Latn"),
        ],
    ),
    _api(
        "post /api/v4/translator",
        "nllbApiTranslate",
        "Translate a text",
        _TRANSLATION,
        TRANSLATING,
        body={
            **json_of(NllbApiRequest, one_text=_REQUEST),
            URLENCODED: content_of(NllbApiRequest),
            FORM: content_of(NllbApiRequest),
        },
        description="The addresses with `v2` and `v3` are the same.",
    ),
    _api(
        "get /api/v4/language",
        "nllbApiLanguage",
        "Detect the language of a text",
        {200: answer("The language.", json_of(NllbApiLanguage))},
        TEXTS,
        parameters=[_TEXT],
    ),
]
