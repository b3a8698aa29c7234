"""A client that translates with one request after another, on a connection of its own."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from http.client import HTTPConnection
from urllib.parse import urlsplit

_HEADERS = {"Content-Type": "application/json"}


class Client:
    """Uses the standard library: others take a millisecond a request of cores the server needs."""

    def __init__(self, url: str, source: str, target: str, timeout: float) -> None:
        """`timeout` is in seconds, for each answer."""
        address = urlsplit(url)
        self._connection = HTTPConnection(address.hostname or "", address.port, timeout)
        self._languages = {"source_language": source, "target_language": target}

    def close(self) -> None:
        """Close the connection; the next request would open it again."""
        self._connection.close()

    def translate(self, text: str | Sequence[str]) -> None:
        """Wait for the translation of a text, or of an array; RuntimeError where it is refused."""
        body = {"text": text, **self._languages}
        self._connection.request("POST", "/translation", json.dumps(body), _HEADERS)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"the server answered {answer.status}: {content[:200]!r}")
