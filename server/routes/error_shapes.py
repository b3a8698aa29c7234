"""Errors in the shape, and where needed with the status, that other servers' clients expect."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.exceptions import HTTPException

from server.core.errors import PROBLEMS, TextFailedError, retry_after
from server.http.problems import UNEXPECTED, copy_headers, log_unexpected

_SHAPES = "error_shapes"  # of an application, in its extensions


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """How the errors of one API look."""

    body: Callable[[str, int, Exception], dict[str, Any]]  # of a message, a status and the error
    statuses: Mapping[type[Exception], int]  # those that differ from our own
    paths: re.Pattern[str]  # of the API: errors have this shape also where there is no route
    # Why parts of the API, by the beginnings of their paths, are absent here.
    absent: Mapping[str, str] = field(default_factory=dict)

    def register(self, blueprint: Blueprint) -> None:
        """Make all errors of a blueprint's routes, and of the paths of the API, look like this."""
        for kind in PROBLEMS:
            blueprint.register_error_handler(kind, self._answer_known)
        blueprint.register_error_handler(TextFailedError, self._answer_text)
        blueprint.register_error_handler(HTTPException, self._answer_http)
        blueprint.register_error_handler(Exception, self._answer_unexpected)
        blueprint.record_once(self._watch_paths)

    def _respond(self, message: str, status: int, error: Exception) -> Response:
        response = jsonify(self.body(message, status, error))
        response.status_code = status
        seconds = retry_after(error)
        if seconds is not None:
            response.headers["Retry-After"] = str(seconds)
        return response

    def _answer_known(self, error: Exception) -> Response:
        problem = PROBLEMS[type(error)]
        status = self.statuses.get(type(error), problem.status)
        return self._respond(str(error) or problem.title, status, error)

    def _answer_text(self, error: TextFailedError) -> Response:
        problem = PROBLEMS[type(error.reason)]
        return self._respond(str(error) or problem.title, problem.status, error)

    def _answer_http(self, error: HTTPException) -> Response:
        response = self._respond(error.description or error.name, error.code or 500, error)
        copy_headers(error, response)
        return response

    def _answer_unexpected(self, error: Exception) -> Response:
        log_unexpected(error)
        return self._respond(UNEXPECTED, 500, error)

    def _watch_paths(self, state: BlueprintSetupState) -> None:
        shapes: list[ErrorShape] = state.app.extensions.setdefault(_SHAPES, [])
        if not shapes:
            state.app.before_request(_answer_unrouted)
        shapes.append(self)

    def answer_unrouted(self, error: HTTPException) -> Response:
        """Answer a request for a path of the API that has no route."""
        for beginning, reason in self.absent.items():
            if f"{request.path}/".startswith(f"{beginning}/"):
                return self._respond(reason, HTTPStatus.NOT_FOUND, error)
        return self._answer_http(error)


def _answer_unrouted() -> Response | None:
    """Answer a request that no route takes; such a request belongs to no blueprint."""
    error = request.routing_exception
    if error is None:
        return None  # mostly
    shapes: list[ErrorShape] = current_app.extensions[_SHAPES]
    shape = next((each for each in shapes if each.paths.match(request.path)), None)
    return None if shape is None else shape.answer_unrouted(error)
