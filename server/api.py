"""The HTTP API: POST /translation, GET /health_check, /health_check/live, /gpus, /languages.

On the admin port: GET /health_check, /health_check/live, /gpus, POST /gpus/<device>/restart.
"""

from importlib.metadata import version
from threading import BoundedSemaphore
from typing import Any

from flask import Blueprint, request

from gpu_pool.errors import OverloadedError
from server.errors import InvalidFieldError, MediaTypeError, TextError, UnsupportedLanguageError
from server.schemas import TranslationRequest, parse_request
from server.service import Pool, ServedModel, Terms, translate
from server.settings import Settings
from translator.languages import NAMES, canonical

_SERVING = frozenset({"ok", "degraded"})
_THREADS_BUSY_RETRY_SECONDS = 1.0


class Api:
    """The routes, and what they are about."""

    def __init__(self, pool: Pool, model: ServedModel, settings: Settings) -> None:
        self._pool = pool
        self._model = model
        self._settings = settings
        # Requests wait in their threads; with all threads waiting, no probe would be answered.
        self._slots = BoundedSemaphore(settings.http_threads)
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
        return blueprint

    def translation(self) -> dict[str, Any]:
        """Translate one text or many."""
        if not request.is_json:
            raise MediaTypeError("send the body as Content-Type: application/json")
        if not self._slots.acquire(blocking=False):
            raise OverloadedError(_THREADS_BUSY_RETRY_SECONDS)
        try:
            return self._translate()
        finally:
            self._slots.release()

    def health_check(self) -> tuple[dict[str, Any], int]:
        """Tell whether requests are answered: 200, or 503 while loading, draining or dead."""
        status = self._pool.status()
        body = {
            "status": status.state,
            "workers": {
                "ready": sum(worker.state == "ready" for worker in status.workers),
                "total": len(status.workers),
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

    def _probes(self) -> Blueprint:
        """Return the routes that only read the pool's state."""
        blueprint = Blueprint("api", __name__)
        blueprint.add_url_rule("/health_check", view_func=self.health_check)
        blueprint.add_url_rule("/health_check/live", view_func=self.live)
        blueprint.add_url_rule("/gpus", view_func=self.gpus)
        return blueprint

    def _translate(self) -> dict[str, Any]:
        settings = self._settings
        body = parse_request(request.get_data(), settings)
        source, target = self._languages_of(body)
        many = isinstance(body.text, list)
        terms = Terms(
            timeout=settings.timeout if body.timeout is None else body.timeout,
            client=request.remote_addr or "",
            bulk=body.priority == "bulk",
            client_gone=request.environ.get("waitress.client_disconnected", lambda: False),
        )
        try:
            translations = translate(self._pool, self._model, body.texts, source, target, terms)
        except TextError as error:
            error.field = f"text[{error.index}]" if many else "text"
            raise
        return {
            "translation": translations if many else translations[0],
            "source_language": source,
            "target_language": target,
            "model": self._model.name,
        }

    def _languages_of(self, body: TranslationRequest) -> tuple[str, str]:
        """Return M2M100's codes of the source and the target language."""
        codes = []
        for field, code in (
            ("source_language", body.source_language),
            ("target_language", body.target_language),
        ):
            if canonical(code) not in self._model.languages:
                supported = ", ".join(sorted(self._model.languages))
                raise UnsupportedLanguageError(f"{field} must be one of {supported}", field)
            codes.append(canonical(code))
        source, target = codes
        if source == target:
            raise InvalidFieldError(
                f"source and target language are both {source}", "target_language"
            )
        return source, target
