"""The routes for clients of Google Cloud Translation."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from server.core.errors import TooManyTextsError
from server.openapi.errors import READING, TEXTS, TRANSLATING
from server.openapi.operations import Content, Operation, answer, json_of, parameter, parameters_of
from server.schemas.fields import Code, Source
from server.schemas.google import (
    STATUSES,
    GoogleDetectForm,
    GoogleDetections,
    GoogleDetectRequest,
    GoogleError,
    GoogleForm,
    GoogleLanguages,
    GoogleLanguagesForm,
    GoogleLanguagesRequest,
    GoogleRequest,
    GoogleTranslations,
    HtmlOrText,
    Many,
)

_PATH = "/language/translate/v2"
_REQUEST = {"q": ["<b>Good morning.</b>"], "source": "en", "target": "de"}
_TRANSLATED = {"data": {"translations": [{"translatedText": "<b>Guten Morgen.</b>"}]}}
_TRANSLATIONS = {
    200: answer("The translations.", json_of(GoogleTranslations, many_texts=_TRANSLATED))
}
_DETECTIONS = {200: answer("The languages, one for each text.", json_of(GoogleDetections))}
_LANGUAGES = {200: answer("The languages.", json_of(GoogleLanguages))}
_KEY = parameter("key", "query", "The API key, unless it is in a header.", str)
_Q = parameter("q", "query", "The texts, one in each `q`.", Many, required=True, example=["Hi."])
_TRANSLATE = [
    _Q,
    parameter("target", "query", "The target language.", Code, required=True, example="de"),
    parameter("source", "query", "If absent, it is detected for each text.", Source, example="en"),
    parameter("format", "query", "The format of the texts.", HtmlOrText),
    _KEY,
]
_NAMES = [parameter("target", "query", "If given, the answer has the English names.", str), _KEY]
_operation = partial(Operation, key="google", error=GoogleError, statuses=STATUSES)


def _by_get_and_post(
    path: str,
    name: str,
    summary: str,
    *,
    query: Sequence[dict[str, Any]],
    body: Content,
    **more: Any,
) -> list[Operation]:
    """Return the two operations of a route: with parameters in the query, and in the body."""
    return [
        _operation(f"get {_PATH}{path}", name, summary, parameters=query, **more),
        _operation(
            f"post {_PATH}{path}",
            f"{name}ByBody",
            f"{summary}, with the parameters in the body",
            body=body,
            needs_body=any(each.get("required") for each in query),
            description="Parameters may be in the query, too.",
            **more,
        ),
    ]


OPERATIONS = [
    *_by_get_and_post(
        "",
        "googleTranslate",
        "Translate texts",
        answers=_TRANSLATIONS,
        errors=(*TRANSLATING, TooManyTextsError),
        query=_TRANSLATE,
        body=parameters_of(GoogleRequest, GoogleForm, many_texts=_REQUEST),
    ),
    *_by_get_and_post(
        "/detect",
        "googleDetect",
        "Detect the language of texts",
        answers=_DETECTIONS,
        errors=(*TEXTS, TooManyTextsError),
        query=[_Q, _KEY],
        body=parameters_of(GoogleDetectRequest, GoogleDetectForm, texts={"q": ["Guten Morgen!"]}),
    ),
    *_by_get_and_post(
        "/languages",
        "googleLanguages",
        "List the languages",
        answers=_LANGUAGES,
        errors=READING,
        query=_NAMES,
        body=parameters_of(GoogleLanguagesRequest, GoogleLanguagesForm),
    ),
]
