"""The routes that translate while the client waits."""

from typing import Any

from gpu_pool.errors import (
    DeadlineError,
    OverloadedError,
    QuarantinedError,
    TranslationError,
    UnavailableError,
)
from server.core.errors import (
    InvalidFieldError,
    MalformedJsonError,
    MediaTypeError,
    MissingKeyError,
    RateLimitError,
    TooLongError,
    TooManyTextsError,
    UnsupportedLanguageError,
    WrongKeyError,
)
from server.http import sse
from server.openapi.operations import (
    FORM,
    Error,
    Operation,
    answer,
    content_of,
    json_of,
)
from server.openapi.schemas import reference

FILE = "application/octet-stream"
KEY: tuple[Error, ...] = (MissingKeyError, WrongKeyError)
READING: tuple[Error, ...] = (
    400, 413, MalformedJsonError, InvalidFieldError, UnsupportedLanguageError, TooLongError,
    MediaTypeError, OverloadedError, RateLimitError, *KEY,
)  # fmt: skip
TRANSLATING: tuple[Error, ...] = (
    UnavailableError, DeadlineError, QuarantinedError, TranslationError,
)  # fmt: skip
_PAIR = {"source_language": "en", "target_language": "de"}
_REQUESTS: dict[str, dict[str, Any]] = {
    "one_text": {"text": "Good morning.", **_PAIR},
    "many_texts": {"text": ["Good morning.", "Thank you."], **_PAIR},
    "detected_language": {
        "text": "Der Zug nach Berlin ist heute Morgen pünktlich.",
        "source_language": "auto",
        "target_language": "en",
    },
    "html": {"text": "<p>Good <b>morning</b>.</p>", **_PAIR, "format": "html"},
    "glossary": {
        "text": "The GPU pool is full.",
        **_PAIR,
        "glossary": {"GPU pool": "GPU-Pool"},
        "timeout": 20.0,
    },
    "alternatives": {"text": "Thank you.", **_PAIR, "alternatives": 2},
}
_STREAMED = (
    'event: segment\ndata: {"index": 0, "translation": "Guten Morgen.\\n"}\n\n'
    'event: segment\ndata: {"index": 0, "translation": "Danke."}\n\n'
    'event: done\ndata: {"translation": "Guten Morgen.\\nDanke.", "source_language": "en", '
    '"target_language": "de", "model": "%s"}\n\n'
)


def operations(model: str) -> list[Operation]:
    """Return the operations; `model` is the name that answers tell."""
    return [_texts(model), _file()]


def _texts(model: str) -> Operation:
    examples = {
        name: {**translated, "target_language": request["target_language"], "model": model}
        for (name, request), translated in zip(_REQUESTS.items(), _answers(), strict=True)
    }
    events = content_of(reference("TranslationEvent"), streamed=_STREAMED % model)
    return Operation(
        "post",
        "/translation",
        "translate",
        "Translation",
        "Translate one text or many",
        description="The answer has the shape of `text`: one, or an array in the same order. "
        "With `Accept: text/event-stream` it comes as events: a `segment` as soon as a paragraph "
        "is translated, then one `done`, or `failed`. The schema is that of each event.",
        body=json_of(
            "TranslationRequest",
            **_REQUESTS,
            streamed={"text": "Good morning.\nThank you.", **_PAIR},
        ),
        answers={
            200: answer(
                "The translation.",
                {**json_of("Translation", **examples), sse.MEDIA_TYPE: events},
            )
        },
        errors=(*READING, *TRANSLATING, TooManyTextsError),
    )


def _answers() -> list[dict[str, object]]:
    """Return what is answered to the examples, beside the target and the model."""
    return [
        {"translation": "Guten Morgen.", "source_language": "en"},
        {"translation": ["Guten Morgen.", "Danke."], "source_language": "en"},
        {
            "translation": "The train to Berlin is on time this morning.",
            "source_language": "de",
            "detected": {"language": "de", "confidence": 1.0},
        },
        {"translation": "<p>Guten <b>Morgen</b>.</p>", "source_language": "en"},
        {"translation": "Der GPU-Pool ist voll.", "source_language": "en"},
        {
            "translation": "Danke.",
            "source_language": "en",
            "alternatives": ["Danke schön.", "Vielen Dank."],
        },
    ]


def _file() -> Operation:
    headers = {
        "Content-Disposition": {
            "description": "The name: `manual.md` becomes `manual.de.md`.",
            "schema": {"type": "string"},
        },
        "Content-Language": {"description": "The target.", "schema": {"type": "string"}},
        "X-Detected-Language": {
            "description": "With `auto` only: the code of the language of the whole document.",
            "schema": {"type": "string"},
        },
        "X-Translation-Warnings": {
            "description": "How many texts are doubtful, by reason: `length=1, repetition=2`.",
            "schema": {"type": "string"},
        },
    }
    return Operation(
        "post",
        "/translation/file",
        "translateFile",
        "Translation",
        "Translate a document",
        description="All but the text stays as it was. The end of the file's name tells the "
        "format. A larger document can be a job.",
        body={FORM: content_of(reference("FileRequest"))},
        answers={200: answer("The translated document.", {FILE: {"schema": {}}}, headers)},
        errors=(*READING, *TRANSLATING),
    )
