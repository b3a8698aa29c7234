"""Errors in the shape, and where needed with the status, that other servers' clients expect."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import HTTPException

from server.core.errors import PROBLEMS, TextFailedError, retry_after

Shape = Callable[[str], dict[str, Any]]


def shape_errors(
    blueprint: Blueprint, shape: Shape, statuses: Mapping[type[Exception], int]
) -> None:
    """Make the errors of a blueprint's routes answer with `shape` of their message.

    `statuses` are those that differ from our own.
    """

    def respond(message: str, status: int, error: Exception) -> Response:
        response = jsonify(shape(message))
        response.status_code = status
        seconds = retry_after(error)
        if seconds is not None:
            response.headers["Retry-After"] = str(seconds)
        return response

    def known(error: Exception) -> Response:
        problem = PROBLEMS[type(error)]
        status = statuses.get(type(error), problem.status)
        return respond(str(error) or problem.title, status, error)

    def of_text(error: TextFailedError) -> Response:
        problem = PROBLEMS[type(error.reason)]
        return respond(str(error) or problem.title, problem.status, error)

    def of_http(error: HTTPException) -> Response:
        return respond(error.description or error.name, error.code or 500, error)

    for kind in PROBLEMS:
        blueprint.register_error_handler(kind, known)
    blueprint.register_error_handler(TextFailedError, of_text)
    blueprint.register_error_handler(HTTPException, of_http)
