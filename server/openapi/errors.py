"""The errors that several routes have in common."""

from gpu_pool.errors import (
    DeadlineError,
    OverloadedError,
    QuarantinedError,
    TranslationError,
    UnavailableError,
)
from server.core.errors import (
    InvalidFieldError,
    MalformedJsonError,
    MissingKeyError,
    RateLimitError,
    TooLongError,
    UnsupportedLanguageError,
    WrongKeyError,
)
from server.openapi.operations import Error

KEY: tuple[Error, ...] = (MissingKeyError, WrongKeyError)
READING: tuple[Error, ...] = (400, 413, MalformedJsonError, InvalidFieldError, *KEY)
TEXTS = (*READING, UnsupportedLanguageError, TooLongError, OverloadedError, RateLimitError)
TRANSLATING = (*TEXTS, UnavailableError, DeadlineError, QuarantinedError, TranslationError)
