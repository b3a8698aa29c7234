"""The HTTP API: POST /translation, GET /health_check, /health_check/live, /gpus, /languages.

On the admin port: GET /health_check, /health_check/live, /gpus, /metrics,
POST /gpus/<device>/restart.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from importlib.metadata import version
from itertools import chain
from typing import Any

from flask import Blueprint, Response, request

from server.auth.access import header_key
from server.core.errors import MediaTypeError, TextFailedError
from server.core.requests import AUTO, WARNINGS, Answer, RequestContext, TextRequest
from server.http import sse
from server.http.streaming import stream
from server.schemas.translation import TranslationRequest, parse_request
from server.services import Services
from translator.models.languages import NAMES

_SERVING = frozenset({"ok", "degraded"})


class Api:
    """The routes, and what they are about."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._pool = services.pool
        self._model = services.model
        self._version = version("m2m-server")

    def blueprint(self) -> Blueprint:
        """Return the routes for clients."""
        blueprint = self._probes()
        blueprint.add_url_rule("/translation", view_func=self.translation, methods=["POST"])
        blueprint.add_url_rule("/languages", view_func=self.languages)
        return blueprint

    def admin_blueprint(self) -> Blueprint:
        """Return the routes for those who run the server."""
        blueprint = self._probes()
        blueprint.add_url_rule("/gpus/<device>/restart", view_func=self.restart, methods=["POST"])
        blueprint.add_url_rule("/metrics", view_func=self.metrics)
        return blueprint

    def translation(self) -> dict[str, Any] | Response:
        """Translate one text or many; as events, piece by piece, where the client accepts those."""
        self._services.access.identify(header_key())  # before a stranger's body is read
        if not request.is_json:
            raise MediaTypeError("send the body as Content-Type: application/json")
        with ExitStack() as held:
            held.enter_context(self._services.gate())
            body = parse_request(request.get_data(), self._services.settings)
            source, target = self._services.pair(body.source_language, body.target_language)
            self._services.access.admit(header_key(), sum(map(len, body.texts)))
            try:
                if sse.wanted():
                    return self._stream(body, source, target, held)
                return self._translate(body, source, target)
            except TextFailedError as error:
                error.field = body.name(error.index)
                raise

    def health_check(self) -> tuple[dict[str, Any], int]:
        """Tell whether requests are answered: 200, or 503 while loading, draining or dead."""
        status = self._pool.status()
        body = {
            "status": status.state,
            "workers": {
                "ready": sum(worker.state == "ready" for worker in status.workers),
                "total": len(status.workers),
            },
            "engines": {
                worker.device: asdict(worker.engine) for worker in status.workers if worker.engine
            },
            "model": self._model.name,
            "version": self._version,
        }
        return body, 200 if status.state in _SERVING else 503

    def live(self) -> dict[str, str]:
        """Answer while the process does; a restart would not help a pool that is loading."""
        return {"status": "alive"}

    def gpus(self) -> dict[str, Any]:
        """Show every worker and what waits; memory is in bytes."""
        status = self._pool.status()
        return {
            "gpus": [row for worker in status.workers for row in worker.rows()],
            "queued_segments": status.queued_segments,
            "queued_tokens": status.queued_tokens,
        }

    def languages(self) -> list[dict[str, Any]]:
        """List the languages of the model, each with those it can be translated to: all others."""
        codes = sorted(self._model.languages)
        return [
            {
                "code": code,
                "name": NAMES.get(code, code),
                "targets": [target for target in codes if target != code],
            }
            for code in codes
        ]

    def restart(self, device: str) -> tuple[dict[str, Any], int]:
        """Have a worker replaced; show its rows, which do not wait for the end of that."""
        self._pool.restart(device)
        workers = {worker.device: worker for worker in self._pool.status().workers}
        return {"gpus": workers[device].rows()}, 202

    def metrics(self) -> Response:
        """Return the figures that Prometheus scrapes."""
        body, media_type = self._services.metrics.expose(request.headers.get("Accept", ""))
        return Response(body, content_type=media_type)

    def _probes(self) -> Blueprint:
        """Return the routes that only read the pool's state."""
        blueprint = Blueprint("api", __name__)
        blueprint.add_url_rule("/health_check", view_func=self.health_check)
        blueprint.add_url_rule("/health_check/live", view_func=self.live)
        blueprint.add_url_rule("/gpus", view_func=self.gpus)
        return blueprint

    def _translate(self, body: TranslationRequest, source: str, target: str) -> dict[str, Any]:
        answers = self._services.translation.translate(
            _orders(body, source, target), self._terms(body)
        )
        return self._show(body, source, target, answers)

    def _stream(
        self, body: TranslationRequest, source: str, target: str, held: ExitStack
    ) -> Response:
        events = stream(
            self._services.translation,
            _orders(body, source, target),
            self._terms(body),
            body.name,
            lambda answers: self._show(body, source, target, answers),
        )
        first = next(events)  # what goes wrong before it is answered as ever
        held.callback(events.close)
        return sse.respond(chain([first], events), held)

    def _terms(self, body: TranslationRequest) -> RequestContext:
        return self._services.context(body.timeout, bulk=body.priority == "bulk")

    def _show(
        self, body: TranslationRequest, source: str, target: str, answers: Sequence[Answer]
    ) -> dict[str, Any]:
        """Return the answer; what was not asked for, and has nothing to tell, is left out."""
        shown: dict[str, Any] = {
            "translation": body.shaped([answer.text for answer in answers]),
            "source_language": source,
            "target_language": target,
            "model": self._model.name,
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
            {"field": body.name(i), "code": code, "detail": WARNINGS[code]}
            for i, answer in enumerate(answers)
            for code in answer.warnings
        ]
        return shown | {"warnings": warnings} if warnings else shown


def _orders(body: TranslationRequest, source: str, target: str) -> list[TextRequest]:
    return [
        TextRequest(
            text,
            source,
            target,
            html=body.format == "html",
            alternatives=body.alternatives,
            glossary=tuple(body.glossary.items()),
        )
        for text in body.texts
    ]
