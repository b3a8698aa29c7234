"""The texts of a request in another server's API → their translations."""

from collections.abc import Sequence

from server.auth.access import Client
from server.core.requests import Answer, TextRequest
from server.http.caller import charge, request_context
from server.schemas.translation import check_size
from server.services import Services


def translate_texts(
    services: Services, client: Client, requests: Sequence[TextRequest], field: str
) -> list[Answer]:
    """Translate texts within the limits of the server and of the client's key.

    `field` is their name in the request. Raises TooManyTextsError, TooLongError, RateLimitError,
    OverloadedError, and the errors of `TranslationService.translate`.
    """
    settings = services.settings
    texts = [each.text for each in requests]
    check_size(texts, settings.max_texts, settings.max_characters, field)
    charge(services.access, client, sum(map(len, texts)))
    with services.limit_concurrency():
        return services.translation.translate(requests, request_context(settings))
