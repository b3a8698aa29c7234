"""POST /translation/file as server-sent events: its texts and their translations as they come."""

from base64 import b64encode
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any

from documents import DocumentError, Part, TranslatedFile
from gpu_pool.errors import PoolError
from server.core.errors import ClientGoneError, InvalidFieldError, TextFailedError
from server.core.requests import Answer
from server.http.sse import event
from server.http.streaming import failed
from server.routes.uploads import Upload, translated_name

TranslateRound = Callable[[list[str]], Generator[list[Answer], None, None]]


def show_file(
    upload: Upload, translate: TranslateRound, source: Callable[[], str | None]
) -> Generator[bytes, None, None]:
    """Yield an event `text` for each text, `progress` now and then, and at last `done`.

    `translate` yields the answers of one round in order, `source` returns the language, once it is
    known. Errors before the first event are raised; later ones become a final event `failed`.
    """
    begun = False
    try:
        for each in _events(upload, translate, source):
            yield each
            begun = True
    except (PoolError, TextFailedError, ClientGoneError, DocumentError) as error:
        if not begun:
            raise
        if isinstance(error, DocumentError):
            yield failed(InvalidFieldError(f"file: {error}", "file"))
            return
        if isinstance(error, TextFailedError):
            error.field = "file"
        yield failed(error)


def _events(
    upload: Upload, translate: TranslateRound, source: Callable[[], str | None]
) -> Generator[bytes, None, None]:
    document = upload.document()
    places: dict[int, int] = {}  # the index of each text, by its identity
    known: list[str] = []  # keeps the texts, or others would get their identity
    done = 0
    try:
        texts = next(document)
        while True:
            places |= {id(text): len(known) + i for i, text in enumerate(texts)}
            known += texts
            translations: list[str] = []
            with closing(translate(texts)) as windows:
                for answers in windows:
                    for answer in answers:
                        text = known[done]
                        if not (isinstance(text, Part) and text.beside):
                            yield event("text", _show_text(done, text, answer, places))
                        done += 1
                    translations += [answer.text for answer in answers]
                    progress = {"done": done, "total": len(known), "source_language": source()}
                    yield event("progress", progress)
            texts = document.send(translations)
    except StopIteration as end:
        yield event("done", _show_result(upload, end.value, source()))


def _show_text(index: int, text: str, answer: Answer, places: dict[int, int]) -> dict[str, Any]:
    """Return the data of an event `text`; `places` has the indices of the texts so far."""
    shown: dict[str, Any] = {"index": index, "source": text, "translation": answer.text}
    if isinstance(text, Part) and id(text.whole) in places:
        shown["part_of"] = places[id(text.whole)]
    warnings = answer.described_warnings(f"text[{index}]")
    return shown | {"warnings": warnings} if warnings else shown


def _show_result(upload: Upload, translated: TranslatedFile, source: str | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "file": translated_name(upload.name, upload.target),
        "document": b64encode(translated.data).decode(),
        "source_language": source,
        "target_language": upload.target,
    }
    return shown | {"notices": list(translated.notices)} if translated.notices else shown
