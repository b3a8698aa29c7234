"""Every error of an application is answered with a problem document (RFC 9457)."""

import logging
import traceback
from http import HTTPStatus

from flask import Flask, Response, current_app
from werkzeug.exceptions import HTTPException

from server.core.errors import (
    INTERNAL,
    PROBLEM_TYPE,
    PROBLEMS,
    MissingKeyError,
    Problem,
    RequestError,
    TextFailedError,
    http_problem,
    retry_after,
)

UNEXPECTED = "see the server's log for the place"
_log = logging.getLogger(__name__)


def register_errors(app: Flask) -> None:
    """Make every error of `app` answer with a problem."""
    for kind in PROBLEMS:
        app.register_error_handler(kind, _answer_known)
    app.register_error_handler(TextFailedError, _answer_text)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unexpected)


def _respond(problem: Problem, detail: str, field: str | None = None) -> Response:
    body = current_app.json.dumps(problem.body(detail, field))
    return Response(body, problem.status, mimetype=PROBLEM_TYPE)


def _answer_known(error: Exception) -> Response:
    problem = PROBLEMS[type(error)]
    field = error.field if isinstance(error, RequestError) else None
    response = _respond(problem, str(error) or problem.title, field)
    seconds = retry_after(error)
    if seconds is not None:
        response.headers["Retry-After"] = str(seconds)
    if isinstance(error, MissingKeyError):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _answer_text(error: TextFailedError) -> Response:
    problem = PROBLEMS[type(error.reason)]
    return _respond(problem, str(error) or problem.title, error.field)


def _answer_http(error: HTTPException) -> Response:
    """Handle errors that Flask raises itself, such as 404."""
    problem = http_problem(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    response = _respond(problem, error.description or problem.title)
    copy_headers(error, response)
    return response


def _answer_unexpected(error: Exception) -> Response:
    log_unexpected(error)
    return _respond(INTERNAL, UNEXPECTED)


def log_unexpected(error: Exception) -> None:
    """Log where an unexpected exception was raised, not its message: that may contain user text."""
    frames = traceback.extract_tb(error.__traceback__)
    place = " > ".join(f"{frame.name}:{frame.lineno}" for frame in frames)
    _log.error("unexpected %s in %s", type(error).__name__, place)


def copy_headers(error: HTTPException, response: Response) -> None:
    """Give a response the headers of an error, such as `Allow`; its body is not the error's."""
    for name, value in error.get_headers():
        if name != "Content-Type":
            response.headers[name] = value
