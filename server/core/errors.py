"""Why a request fails, and one table from exceptions to problems (RFC 9457).

`server.http.problems` sends them.
"""

import math
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from gpu_pool.errors import (
    DeadlineError,
    OverloadedError,
    QuarantinedError,
    TranslationError,
    UnavailableError,
    UnknownDeviceError,
)
from server.database.interface import StorageError

PROBLEM_TYPE = "application/problem+json"
_UNAVAILABLE_RETRY_SECONDS = 5  # about the time a worker takes to load
_LONGEST_RETRY_SECONDS = 3600.0


class RequestError(Exception):
    """Base of the errors in a request; messages never contain text to translate."""

    def __init__(self, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.field = field


class MalformedJsonError(RequestError):
    """The body is not JSON, or JSON that parsers interpret differently."""


class InvalidFieldError(RequestError):
    """A field is missing, unknown, of the wrong type, or invalid."""


class UnsupportedLanguageError(RequestError):
    """The model does not support one of the languages."""


class TooManyTextsError(RequestError):
    """The request has more texts than the server accepts."""


class TooLongError(RequestError):
    """The texts have more characters in all than the server accepts."""


class MediaTypeError(RequestError):
    """The body has an unsupported content type."""


class MissingKeyError(RequestError):
    """The server requires an API key."""


class WrongKeyError(RequestError):
    """The API key is unknown."""


class RateLimitError(RequestError):
    """The API key exceeded a rate; it may try again in `retry_after` seconds."""

    def __init__(self, detail: str, retry_after: float) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class QuotaError(RequestError):
    """The API key has used up what it may have translated in a month."""


class JobsOffError(RequestError):
    """The server runs without jobs."""


class UnknownJobError(RequestError):
    """There is no job with that id, or it belongs to another key."""


class KeyReusedError(RequestError):
    """The Idempotency-Key belongs to a job with other contents."""


class NoResultError(RequestError):
    """The job has no result, or not yet."""


class TooManyJobsError(RequestError):
    """The server holds the maximum number of jobs."""


class StorageFullError(RequestError):
    """The disk is full, or the limit for all jobs is reached."""


class UnknownModelError(RequestError):
    """The server has no model of that name."""


class UnknownGlossaryError(RequestError):
    """There is no glossary with that id, or it belongs to another key."""


class TooManyGlossariesError(RequestError):
    """The API key has the maximum number of stored glossaries, or of bytes in them."""


class ClientGoneError(Exception):
    """The client closed the connection; nobody will read the answer."""


class TextFailedError(Exception):
    """The pool gave up on one text of the request: the one at `index`, because of `reason`."""

    def __init__(self, index: int, reason: QuarantinedError | TranslationError) -> None:
        super().__init__(str(reason))
        self.index = index
        self.reason = reason
        self.field: str | None = None  # how the client addressed the text; set by the route


def problem_type(slug: str) -> str:
    """Return the URI of a kind of problem."""
    return f"urn:m2m-server:{slug}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of failure, as clients see it."""

    status: int
    slug: str
    title: str

    def body(self, detail: str, field: str | None = None) -> dict[str, Any]:
        """Return the JSON object of RFC 9457, with the name of the invalid field, if any."""
        body: dict[str, Any] = {
            "type": problem_type(self.slug),
            "title": self.title,
            "status": self.status,
            "detail": detail,
        }
        return body if field is None else body | {"field": field}


PROBLEMS: dict[type[Exception], Problem] = {
    MalformedJsonError: Problem(400, "malformed-json", "The body is not valid JSON"),
    InvalidFieldError: Problem(400, "invalid-field", "A field is missing or invalid"),
    UnsupportedLanguageError: Problem(
        400, "unsupported-language", "The model does not translate between these languages"
    ),
    TooManyTextsError: Problem(413, "too-many-texts", "There are too many texts in one request"),
    TooLongError: Problem(413, "too-long", "The texts of the request are too long"),
    MediaTypeError: Problem(415, "unsupported-media-type", "The content type is not supported"),
    MissingKeyError: Problem(401, "missing-key", "An API key is required"),
    WrongKeyError: Problem(403, "wrong-key", "The API key is unknown"),
    RateLimitError: Problem(429, "rate-limit", "This API key has reached its rate limit"),
    QuotaError: Problem(429, "quota", "This API key has used up its quota of the month"),
    UnknownDeviceError: Problem(404, "unknown-device", "There is no worker with that name"),
    UnknownModelError: Problem(404, "unknown-model", "There is no model with that name"),
    JobsOffError: Problem(404, "jobs-off", "Jobs are disabled on this server"),
    UnknownJobError: Problem(404, "unknown-job", "There is no such job"),
    KeyReusedError: Problem(409, "key-reused", "The Idempotency-Key has been used for another job"),
    NoResultError: Problem(409, "no-result", "The job has no result, or not yet"),
    TooManyJobsError: Problem(429, "too-many-jobs", "The server holds the maximum number of jobs"),
    StorageError: Problem(503, "storage-away", "The database does not respond"),
    StorageFullError: Problem(507, "storage-full", "There is not enough storage"),
    UnknownGlossaryError: Problem(404, "unknown-glossary", "There is no such glossary"),
    TooManyGlossariesError: Problem(
        413, "too-many-glossaries", "The glossaries of this API key take too much storage"
    ),
    ClientGoneError: Problem(499, "client-gone", "The client closed the connection"),
    OverloadedError: Problem(429, "overloaded", "The server is overloaded"),
    UnavailableError: Problem(503, "unavailable", "No worker can translate at the moment"),
    DeadlineError: Problem(504, "deadline", "The translation was not finished in time"),
    QuarantinedError: Problem(
        500, "quarantined", "Workers crashed while translating this text; it will not be retried"
    ),
    TranslationError: Problem(500, "translation-failed", "This text could not be translated"),
}
INTERNAL = Problem(500, "internal", "Internal server error")
# Python 3.13 renamed these. Clients know the problem types by their names up to 3.12.
_PHRASES = {
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    416: "Requested Range Not Satisfiable",
    422: "Unprocessable Entity",
}


def http_problem(status: int) -> Problem:
    """Return the problem for a plain HTTP status, such as 404."""
    title = _PHRASES.get(status) or HTTPStatus(status).phrase
    return Problem(status, title.lower().replace(" ", "-"), title)


def retry_after(error: Exception) -> int | None:
    """Return the seconds after which the same request may succeed; None where that is unknown."""
    if isinstance(error, OverloadedError | RateLimitError):
        return max(1, math.ceil(min(error.retry_after, _LONGEST_RETRY_SECONDS)))
    away = isinstance(error, UnavailableError | StorageError)
    return _UNAVAILABLE_RETRY_SECONDS if away else None
