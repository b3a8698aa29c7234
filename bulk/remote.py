"""A backend on a server, over HTTP."""

import re
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import httpx

from bulk.backend import count_devices, language_pair
from bulk.errors import BatchTextError, BulkError, InputError, RetryableError
from server.core.requests import Answer

_CONNECT_SECONDS = 10.0
_SERVER_TIMEOUT_SECONDS = 600.0  # the default maximum of servers
_MARGIN_SECONDS = 60.0
_ATTEMPTS = 6  # at transient errors: no connection, 502, 503, 504
_TRANSIENT = frozenset({502, 503, 504})
_MAX_PAUSE = 3600.0
_TOO_LARGE_OR_SLOW = frozenset({413, 504})
_TOO_MANY_REQUESTS = 429
_KEY_REJECTED = frozenset({401, 403})
_SERVER_ERROR = 500
_FIELD = re.compile(r"text\[(\d+)\]")


class Remote:
    """A Backend on a server with this project's API."""

    def __init__(
        self,
        url: str,
        api_key: str | None,
        pair: tuple[str, str],
        timeout: float | None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Ask the server for its model and languages. Raises InputError and RetryableError.

        `timeout` limits each request, in seconds; None: the server's own limit applies.
        """
        self._sleep = sleep
        request_timeout = (timeout or _SERVER_TIMEOUT_SECONDS) + _MARGIN_SECONDS
        try:
            self._client = httpx.Client(
                base_url=url,
                headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
                timeout=httpx.Timeout(request_timeout, connect=_CONNECT_SECONDS),
                limits=httpx.Limits(),  # no limit: one connection per thread
            )
        except httpx.InvalidURL:
            raise InputError("--url is not a URL") from None
        if self._client.base_url.scheme not in ("http", "https"):
            raise InputError("--url must begin with http:// or https://")
        with ExitStack() as on_error:
            on_error.callback(self.close)
            model = _member(self._get("/health_check"), "model")
            languages = [_member(row, "code") for row in self._get("/languages")]
            source, target = language_pair(*pair, languages)
            on_error.pop_all()
        self.fingerprint = {"source": source, "target": target, "model": model}
        self._parameters: dict[str, Any] = {
            "source_language": source,
            "target_language": target,
            "priority": "bulk",
        }
        if timeout is not None:
            self._parameters["timeout"] = timeout

    def translate(self, texts: Sequence[str]) -> list[Answer]:
        """Translate texts; split in halves where they are too much for one request."""
        response = self._request("POST", "/translation", self._parameters | {"text": list(texts)})
        if response.status_code in _TOO_LARGE_OR_SLOW and len(texts) > 1:
            half = len(texts) // 2
            first = self.translate(texts[:half])
            try:
                return first + self.translate(texts[half:])
            except BatchTextError as error:
                raise BatchTextError(half + error.index, error.reason) from None
        return _answers(self._body(response), len(texts))

    def count_devices(self) -> int:
        """Ask the server how many GPUs it has."""
        rows = _member(self._get("/gpus"), "gpus")
        return count_devices(str(_member(row, "device")) for row in rows)

    def count_tokens(self) -> None:
        """Return None: the server's counts include what others translate."""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _get(self, path: str) -> Any:
        return self._body(self._request("GET", path))

    def _request(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> httpx.Response:
        """Return a response that is not transient.

        429 is retried without limit, as the server says: a busy server is not broken.
        """
        failures = 0
        while True:
            pause = None
            try:
                response = self._client.request(method, path, json=body)
            except httpx.TransportError as error:
                failure = f"cannot be reached ({type(error).__name__})"
            else:
                pause = _retry_after(response)
                if response.status_code == _TOO_MANY_REQUESTS:
                    self._sleep(1.0 if pause is None else pause)
                    continue
                splittable = response.status_code in _TOO_LARGE_OR_SLOW and _several(body)
                if splittable or response.status_code not in _TRANSIENT:
                    return response
                failure = f"answers {response.status_code}"
            failures += 1
            if failures == _ATTEMPTS:
                raise RetryableError(f"the server {failure}, {failures} times")
            self._sleep(2.0 ** (failures - 1) if pause is None else pause)

    def _body(self, response: httpx.Response) -> Any:
        """Return the JSON of a successful response; raise the error of another."""
        status = response.status_code
        if status in _KEY_REJECTED:
            raise InputError(f"the server rejects the API key, or requires one (status {status})")
        try:
            body = response.json()
        except ValueError:
            body = None
        if response.is_success and body is not None:
            return body
        problem = body if isinstance(body, dict) and "detail" in body else None
        if problem is None and status < _SERVER_ERROR:
            place = self._client.base_url
            raise InputError(f"{place} is not an m2m-server (status {status})")
        detail = problem["detail"] if problem else "no reason given"
        kind = RetryableError if status >= _SERVER_ERROR else InputError
        error: BulkError = kind(f"the server answers {status}: {detail}")
        field = _FIELD.fullmatch(str(problem.get("field"))) if problem else None
        if field or status in _TOO_LARGE_OR_SLOW:
            raise BatchTextError(int(field[1]) if field else 0, error)
        raise error


def _several(body: dict[str, Any] | None) -> bool:
    return body is not None and len(body["text"]) > 1


def _retry_after(response: httpx.Response) -> float | None:
    """Return the seconds of `Retry-After`; None where there is none."""
    header = response.headers.get("Retry-After", "")
    return min(float(header), _MAX_PAUSE) if header.isdecimal() else None


def _member(document: Any, name: str) -> Any:
    if not isinstance(document, dict) or name not in document:
        raise InputError(f"the response has no {name!r}: this is not an m2m-server")
    return document[name]


def _answers(body: Any, count: int) -> list[Answer]:
    """Return one answer per text from a response body."""
    translations = _member(body, "translation")
    if (
        not isinstance(translations, list)
        or len(translations) != count
        or not all(isinstance(translation, str) for translation in translations)
    ):
        raise InputError("the response does not have one translation per text")
    source = body.get("source_language")
    warnings: list[list[str]] = [[] for _ in translations]
    for warning in body.get("warnings", ()):
        field = _FIELD.fullmatch(str(warning.get("field")))
        if field and int(field[1]) < count:
            warnings[int(field[1])].append(str(warning.get("code")))
    return [
        Answer(text, source[i] if isinstance(source, list) else source, warnings=tuple(codes))
        for i, (text, codes) in enumerate(zip(translations, warnings, strict=True))
    ]
