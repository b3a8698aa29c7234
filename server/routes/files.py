"""POST /translation/file: a document in, the translated document out."""

import time
from collections import Counter
from dataclasses import replace

from flask import Blueprint, Response, request

from documents import DocumentError, run_rounds
from server.auth.access import Client
from server.core.errors import InvalidFieldError, TextFailedError, TooLongError
from server.core.requests import AUTO, RequestContext, TextRequest
from server.http.caller import charge, header_key, identify, request_context
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
        """Translate a file; headers give the detected language and the number of doubtful texts."""
        client = identify(self._services.access, header_key())  # before the body is read
        request.max_content_length = self._services.settings.max_body_bytes + _PICTURES
        with self._services.limit_concurrency():
            upload = read_upload(self._services)
            translation = _FileTranslation(self._services, upload, client)
            try:
                (data,) = run_rounds([upload.document()], translation.translate)
            except DocumentError as error:
                raise InvalidFieldError(f"file: {error}", "file") from None
            except TextFailedError as error:
                error.field = "file"
                raise
        response = send_translated(data, upload.name, upload.target)
        if upload.source == AUTO and translation.source is not None:
            response.headers["X-Detected-Language"] = translation.source
        if translation.warnings:
            response.headers["X-Translation-Warnings"] = ", ".join(
                f"{code}={count}" for code, count in sorted(translation.warnings.items())
            )
        return response


class _FileTranslation:
    """Translates the rounds of one document within one deadline."""

    def __init__(self, services: Services, upload: Upload, client: Client) -> None:
        self.source = None if upload.source == AUTO else upload.source
        self.warnings: Counter[str] = Counter()
        self._services = services
        self._upload = upload
        self._client = client
        self._deadline = time.monotonic() + services.settings.timeout
        self._context: RequestContext | None = None

    def translate(self, texts: list[str]) -> list[str]:
        """Translate one round; the first has all of the document's text, and is charged."""
        if self._context is None:
            self._charge(sum(map(len, texts)))
            self._context = request_context(self._services.settings)
        if self.source is None:
            self.source = self._services.translation.detect_document(texts)
        upload = self._upload
        text_requests = [
            TextRequest(text, self.source, upload.target, glossary=upload.glossary)
            for text in texts
        ]
        left = max(0.0, self._deadline - time.monotonic())
        answers = self._services.translation.translate(
            text_requests, replace(self._context, timeout=left)
        )
        self.warnings.update(code for answer in answers for code in answer.warnings)
        return [answer.text for answer in answers]

    def _charge(self, characters: int) -> None:
        most = self._services.settings.max_characters
        if characters > most:
            raise TooLongError(
                f"a file may have {most} characters of text; send a larger one as a job", "file"
            )
        charge(self._services.access, self._client, characters)
