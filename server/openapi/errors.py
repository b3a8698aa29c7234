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
    QuotaError,
    RateLimitError,
    TooLongError,
    UnsupportedLanguageError,
    WrongKeyError,
)
from server.openapi.operations import Error

KEY: tuple[Error, ...] = (MissingKeyError, WrongKeyError)
READING: tuple[Error, ...] = (400, 413, 415, MalformedJsonError, InvalidFieldError, *KEY)
TEXTS = (
    *READING,
    UnsupportedLanguageError,
    TooLongError,
    OverloadedError,
    RateLimitError,
    QuotaError,
)
TRANSLATING = (*TEXTS, UnavailableError, DeadlineError, QuarantinedError, TranslationError)
