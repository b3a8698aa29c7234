"""The routes that translate while the client waits."""

from typing import Any

from server.core.errors import MediaTypeError, TooManyTextsError
from server.core.media_types import BINARY, EVENT_STREAM, FORM
from server.openapi.errors import TRANSLATING
from server.openapi.operations import Operation, answer, content_of, header, json_of
from server.schemas.answers import Translation
from server.schemas.events import FileEvent, TranslationEvent
from server.schemas.translation import FileRequest, TranslationRequest

PAIR = {"source_language": "en", "target_language": "de"}
# name: (request, answer without `target_language` and `model`)
_EXAMPLES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "one_text": (
        {"text": "Good morning.", **PAIR},
        {"translation": "Guten Morgen.", "source_language": "en"},
    ),
    "many_texts": (
        {"text": ["Good morning.", "Thank you."], **PAIR},
        {"translation": ["Guten Morgen.", "Danke."], "source_language": "en"},
    ),
    "detected_language": (
        {
            "text": "Der Zug nach Berlin ist heute Morgen pünktlich.",
            "source_language": "auto",
            "target_language": "en",
        },
        {
            "translation": "The train to Berlin is on time this morning.",
            "source_language": "de",
            "detected": {"language": "de", "confidence": 1.0},
        },
    ),
    "html": (
        {"text": "<p>Good <b>morning</b>.</p>", **PAIR, "format": "html"},
        {"translation": "<p>Guten <b>Morgen</b>.</p>", "source_language": "en"},
    ),
    "glossary": (
        {
            "text": "The GPU pool is full.",
            **PAIR,
            "glossary": {"GPU pool": "GPU-Pool"},
            "timeout": 20.0,
        },
        {"translation": "Der GPU-Pool ist voll.", "source_language": "en"},
    ),
    "alternatives": (
        {"text": "Thank you.", **PAIR, "alternatives": 2},
        {
            "translation": "Danke.",
            "source_language": "en",
            "alternatives": ["Danke schön.", "Vielen Dank."],
        },
    ),
}
_STREAMED = (
    'event: segment\ndata: {"index": 0, "translation": "Guten Morgen.\\n"}\n\n'
    'event: segment\ndata: {"index": 0, "translation": "Danke."}\n\n'
    'event: done\ndata: {"translation": "Guten Morgen.\\nDanke.", "source_language": "en", '
    '"target_language": "de", "model": "%s"}\n\n'
)


_FILE_HEADERS = {
    "Content-Disposition": header("The name: `manual.md` becomes `manual.de.md`."),
    "Content-Language": header("The target language."),
    "X-Detected-Language": header("With `auto` only: the language of the document."),
    "X-Translation-Warnings": header(
        "The number of doubtful texts by reason: `length=1, repetition=2`."
    ),
    "X-Document-Notices": header("What to know about the document, if anything."),
}
_FILE_CONTENT = {BINARY: content_of({}), EVENT_STREAM: content_of(FileEvent)}
_FILE = Operation(
    "post /translation/file",
    "translateFile",
    "Translate a document",
    {200: answer("The translated document.", _FILE_CONTENT, _FILE_HEADERS)},
    (*TRANSLATING, MediaTypeError),
    body={FORM: content_of(FileRequest)},
    description="Everything but the text is kept. The suffix of the file's name determines the "
    "format. Send a larger document as a job. With `Accept: text/event-stream` the answer is a "
    "stream of events: a `text` for each translated text, `progress`, then one `done`, which has "
    "the document, or `failed`. The schema is that of one event.",
)


def operations(model: str) -> list[Operation]:
    """Return the operations; `model` is the name of the model in answers."""
    return [_texts(model), _FILE]


def _texts(model: str) -> Operation:
    requests = {name: request for name, (request, _) in _EXAMPLES.items()}
    translations = {
        name: {**translated, "target_language": request["target_language"], "model": model}
        for name, (request, translated) in _EXAMPLES.items()
    }
    streamed = {"text": "Good morning.\nThank you.", **PAIR}
    events = content_of(TranslationEvent, streamed=_STREAMED % model)
    content = {**json_of(Translation, **translations), EVENT_STREAM: events}
    return Operation(
        "post /translation",
        "translate",
        "Translate one text or many",
        {200: answer("The translation.", content)},
        (*TRANSLATING, MediaTypeError, TooManyTextsError),
        body=json_of(TranslationRequest, **requests, streamed=streamed),
        description="The answer has the shape of `text`: one translation, or an array in the same "
        "order. With `Accept: text/event-stream` it is a stream of events: a `segment` for each "
        "translated paragraph, then one `done` or `failed`. The schema is that of one event.",
    )
