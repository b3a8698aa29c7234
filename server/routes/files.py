"""POST /translation/file: a document in, the translated document out."""

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import ExitStack
from functools import partial
from itertools import chain

from flask import Blueprint, Response, request

from documents import DocumentError, run_rounds
from server.auth.access import Client
from server.core.errors import InvalidFieldError, TextFailedError, TooLongError
from server.core.in_order import translate_in_order
from server.core.requests import AUTO, Answer, RequestContext, TextRequest
from server.http import sse
from server.http.caller import charge, header_key, identify, request_context
from server.routes.file_events import show_file
from server.routes.uploads import Upload, read_upload, send_translated
from server.services import Services

_PICTURES = 16 << 20  # bytes that a Word file may have in addition to its text


class FileRoutes:
    """The route for documents that are short enough to wait for."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def blueprint(self) -> Blueprint:
        """Return the routes for clients."""
        blueprint = Blueprint("files", __name__)
        blueprint.add_url_rule("/translation/file", view_func=self.translate, methods=["POST"])
        return blueprint

    def translate(self) -> Response:
        """Translate a file; for clients that ask, as events, text by text."""
        client = identify(self._services.access, header_key())  # before the body is read
        request.max_content_length = self._services.settings.max_body_bytes + _PICTURES
        if not sse.wanted():
            with self._services.limit_concurrency():
                return self._answer(client, self._translate)
        with ExitStack() as held:
            held.enter_context(self._services.limit_concurrency())
            return self._answer(client, partial(self._stream, held))

    def _answer(
        self, client: Client, translate: "Callable[[Upload, _FileTranslation], Response]"
    ) -> Response:
        """Read the request, and answer it with `translate`."""
        upload = read_upload(self._services)
        try:
            return translate(upload, _FileTranslation(self._services, upload, client))
        except DocumentError as error:
            raise InvalidFieldError(f"file: {error}", "file") from None
        except TextFailedError as error:
            error.field = "file"
            raise

    def _translate(self, upload: Upload, translation: "_FileTranslation") -> Response:
        """Headers give the detected language, the number of doubtful texts, and notices."""
        (translated,) = run_rounds([upload.document()], translation.translate)
        response = send_translated(translated.data, upload.name, upload.target)
        if upload.source == AUTO and translation.source is not None:
            response.headers["X-Detected-Language"] = translation.source
        if translation.warnings:
            response.headers["X-Translation-Warnings"] = ", ".join(
                f"{code}={count}" for code, count in sorted(translation.warnings.items())
            )
        if translated.notices:
            response.headers["X-Document-Notices"] = "; ".join(translated.notices)
        return response

    def _stream(self, held: ExitStack, upload: Upload, translation: "_FileTranslation") -> Response:
        events = show_file(upload, translation.stream, lambda: translation.source)
        first = next(events)  # an error before it is answered like any other
        held.callback(events.close)
        return sse.respond(chain([first], events), held)


class _FileTranslation:
    """Translates the rounds of one document within one deadline."""

    def __init__(self, services: Services, upload: Upload, client: Client) -> None:
        self.source = None if upload.source == AUTO else upload.source
        self.warnings: Counter[str] = Counter()
        self._services = services
        self._upload = upload
        self._client = client
        self._context = request_context(services.settings)
        self._charged = False

    def translate(self, texts: list[str]) -> list[str]:
        """Translate one round."""
        answers = self._services.translation.translate(*self._prepare(texts))
        self.warnings.update(code for answer in answers for code in answer.warnings)
        return [answer.text for answer in answers]

    def stream(self, texts: list[str]) -> Generator[list[Answer], None, None]:
        """Translate one round; yield the answers in order, a few at a time."""
        return translate_in_order(self._services.translation, *self._prepare(texts))

    def _prepare(self, texts: list[str]) -> tuple[list[TextRequest], RequestContext]:
        """Return what one round asks for; the first has all of the text, and is charged."""
        upload = self._upload
        if not self._charged:
            self._charge(sum(map(len, texts)))
            self._charged = True
        if self.source is None:
            detect = self._services.translation.detect_document
            self.source = detect(texts, upload.target, upload.model)
        text_requests = [
            TextRequest(
                text, self.source, upload.target, glossary=upload.glossary, model=upload.model
            )
            for text in texts
        ]
        return text_requests, self._context

    def _charge(self, characters: int) -> None:
        most = self._services.settings.max_characters
        if characters > most:
            raise TooLongError(
                f"a file may have {most} characters of text; send a larger one as a job", "file"
            )
        charge(self._services.access, self._client, characters)
