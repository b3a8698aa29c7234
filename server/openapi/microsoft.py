"""The routes for clients of Microsoft Translator."""

from functools import partial
from typing import Any

from server.core.errors import MediaTypeError, TooManyTextsError
from server.openapi.errors import READING, TEXTS, TRANSLATING
from server.openapi.operations import Operation, answer, json_of, parameter
from server.schemas.fields import Code, Source
from server.schemas.microsoft import (
    STATUSES,
    MicrosoftDetection,
    MicrosoftError,
    MicrosoftLanguages,
    MicrosoftTexts,
    MicrosoftTranslation,
    TextType,
    Version,
)

_PATH = "/translator/text/v3.0"
_TEXTS = [{"Text": "Good morning."}, {"Text": "Thank you."}]
_TRANSLATED = [
    {"translations": [{"text": "Guten Morgen.", "to": "de"}]},
    {"translations": [{"text": "Danke.", "to": "de"}]},
]
_TRANSLATIONS = json_of(list[MicrosoftTranslation], many_texts=_TRANSLATED)
_VERSION = parameter("api-version", "query", "The version.", Version, required=True, example="3.0")
_TO = parameter("to", "query", "The target languages.", list[Code], required=True, example=["de"])
_FROM = parameter("from", "query", "If absent, it is detected.", Source, example="en")
_TEXT_TYPE: dict[str, Any] = {"anyOf": [TextType], "default": "plain"}
_operation = partial(Operation, key="microsoft", error=MicrosoftError, statuses=STATUSES)
OPERATIONS = [
    _operation(
        f"post {_PATH}/translate",
        "microsoftTranslate",
        "Translate texts to one language or several",
        {200: answer("The translations of each text.", _TRANSLATIONS)},
        (*TRANSLATING, MediaTypeError, TooManyTextsError),
        parameters=[
            _VERSION,
            _TO,
            _FROM,
            parameter("textType", "query", "The format.", _TEXT_TYPE),
        ],
        body=json_of(MicrosoftTexts, many_texts=_TEXTS),
        description="The address is `/translate?api-version=3.0`, too. Limits count each text once "
        "for each target.",
    ),
    _operation(
        f"post {_PATH}/detect",
        "microsoftDetect",
        "Detect the language of texts",
        {200: answer("The languages of each text.", json_of(list[MicrosoftDetection]))},
        (*TEXTS, MediaTypeError, TooManyTextsError),
        parameters=[_VERSION],
        body=json_of(MicrosoftTexts, texts=[{"Text": "Guten Morgen, Berlin!"}]),
        description="The address is `/detect?api-version=3.0`, too.",
    ),
    _operation(
        f"get {_PATH}/languages",
        "microsoftLanguages",
        "List the languages",
        {200: answer("The languages.", json_of(MicrosoftLanguages))},
        READING,
        key="",
        parameters=[_VERSION, parameter("scope", "query", "Parts of the answer.", str)],
        description="The address is `/languages?api-version=3.0`, too.",
    ),
]
