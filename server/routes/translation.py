"""POST /translation and GET /languages."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import chain
from typing import Any, TypeVar

from flask import Blueprint, Response, request

from server.auth.access import Client
from server.core.errors import MediaTypeError, TextFailedError
from server.core.language_details import details_of
from server.core.requests import AUTO, Answer, RequestContext, TextRequest
from server.http import sse
from server.http.caller import charge, header_key, identify, request_context
from server.http.request_body import read_body
from server.http.streaming import stream
from server.schemas.translation import TranslationRequest, parse_request
from server.services import Services

_Answer = TypeVar("_Answer", dict[str, Any], Response)


class TranslationRoutes:
    """The project's own routes for texts that a client waits for."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def blueprint(self) -> Blueprint:
        """Return the routes for clients."""
        blueprint = Blueprint("translation", __name__)
        blueprint.add_url_rule("/translation", view_func=self.translate, methods=["POST"])
        blueprint.add_url_rule("/languages", view_func=self.languages)
        return blueprint

    def translate(self) -> dict[str, Any] | Response:
        """Translate one text or many; as events, paragraph by paragraph, for clients that ask."""
        client = identify(self._services.access, header_key())  # before the body is read
        if not request.is_json:
            raise MediaTypeError("send the body as Content-Type: application/json")
        if not sse.wanted():
            with self._services.limit_concurrency():
                return self._answer(client, self._translate)
        with ExitStack() as held:
            held.enter_context(self._services.limit_concurrency())
            return self._answer(client, partial(self._stream, held))

    def languages(self) -> list[dict[str, Any]]:
        """List the languages, each with its targets, its aliases, and the models that have it."""
        models = self._services.models
        detected = self._services.translation.detected
        return [
            {
                "code": code,
                "tag": details.tag,
                "name": details.name,
                "native_name": details.native_name,
                "script": details.script,
                "direction": details.direction,
                "detected": code in detected,
                "targets": models.targets(code),
                "aliases": list(details.aliases),
                "models": [
                    {"name": model.name, "licence": model.licence}
                    for model in models.models_of(code)
                ],
            }
            for code in sorted(models.languages)
            for details in [details_of(code)]
        ]

    def _answer(
        self, client: Client, translate: Callable[[TranslationRequest, str, str], _Answer]
    ) -> _Answer:
        """Read the request, and answer it with `translate`."""
        body = parse_request(read_body(), self._services.settings)
        languages = body.source_language, body.target_language
        source, target = self._services.pair(*languages, body.model)
        charge(self._services.access, client, sum(map(len, body.texts)))
        try:
            return translate(body, source, target)
        except TextFailedError as error:
            error.field = body.name(error.index)
            raise

    def _translate(self, body: TranslationRequest, source: str, target: str) -> dict[str, Any]:
        answers = self._services.translation.translate(
            _text_requests(body, source, target), self._context(body)
        )
        return self._show(body, source, target, answers)

    def _stream(
        self, held: ExitStack, body: TranslationRequest, source: str, target: str
    ) -> Response:
        events = stream(
            self._services.translation,
            _text_requests(body, source, target),
            self._context(body),
            body.name,
            lambda answers: self._show(body, source, target, answers),
        )
        first = next(events)  # an error before it is answered like any other
        held.callback(events.close)
        return sse.respond(chain([first], events), held)

    def _context(self, body: TranslationRequest) -> RequestContext:
        return request_context(self._services.settings, body.timeout, bulk=body.priority == "bulk")

    def _show(
        self, body: TranslationRequest, source: str, target: str, answers: Sequence[Answer]
    ) -> dict[str, Any]:
        """Return the response body; members that were not asked for or are empty are left out."""
        models = [answer.model for answer in answers]
        shown: dict[str, Any] = {
            "translation": body.shaped([answer.text for answer in answers]),
            "source_language": source,
            "target_language": target,
            "model": models[0] if len(set(models)) == 1 else models,
        }
        if source == AUTO:
            shown["source_language"] = body.shaped([answer.source for answer in answers])
            detected = [
                {"language": answer.source, "confidence": answer.confidence} for answer in answers
            ]
            shown["detected"] = body.shaped(detected)
        if body.alternatives:
            shown["alternatives"] = body.shaped([list(a.alternatives) for a in answers])
        warnings = [
            warning
            for i, answer in enumerate(answers)
            for warning in answer.described_warnings(body.name(i))
        ]
        return shown | {"warnings": warnings} if warnings else shown


def _text_requests(body: TranslationRequest, source: str, target: str) -> list[TextRequest]:
    return [
        TextRequest(
            text,
            source,
            target,
            markup="html" if body.format == "html" else None,
            alternatives=body.alternatives,
            glossary=tuple(body.glossary.items()),
            model=body.model,
        )
        for text in body.texts
    ]
