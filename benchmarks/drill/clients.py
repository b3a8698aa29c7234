"""Clients that wait for their translations: texts, arrays, streams, documents.

Each sends one request after another through the proxy, and none twice: what the proxy does not
repeat is a failure.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial

import httpx

from benchmarks.client_threads import ClientThreads
from benchmarks.drill.key_file import KeyFile
from benchmarks.drill.records import Records
from benchmarks.drill.texts import are_translations, make_texts

COUNTS = {"text": 4, "array": 2, "stream": 2, "document": 2}
_PAIR = {"source_language": "en", "target_language": "de"}
_PAUSE_SECONDS = 0.3  # between two requests: the service is in use, and not flooded
_AFTER_FAILURE_SECONDS = 0.5
_ARRAY, _LINES = 5, 4  # texts of an array; lines of a stream or document
TIMEOUT = 120.0  # seconds for an answer


class WrongAnswerError(ValueError):
    """An answer with status 200 that is none."""


FAILURES = (httpx.HTTPError, ValueError, KeyError)  # also an answer that is not what it should be


class Clients(ClientThreads):
    """Some clients of each kind."""

    def __init__(self, url: str, keys: KeyFile, records: Records) -> None:
        """`url` is that of the proxy."""
        self._url = url
        self._keys = keys
        self._records = records
        kinds: dict[str, Callable[[httpx.Client], None]] = {
            "text": self._text, "array": self._array, "stream": self._stream,
            "document": self._document,
        }  # fmt: skip
        super().__init__(
            partial(self._run, kind, kinds[kind])
            for kind, count in COUNTS.items()
            for _ in range(count)
        )

    def _run(self, kind: str, send: Callable[[httpx.Client], None]) -> None:
        with httpx.Client(base_url=self._url, timeout=TIMEOUT) as client:
            while not self.stopping.wait(_PAUSE_SECONDS):
                client.headers["Authorization"] = f"Bearer {self._keys.others}"
                begun = time.monotonic()
                try:
                    send(client)
                except FAILURES as error:
                    self._records.failed(kind, cause_of(error))
                    self.stopping.wait(_AFTER_FAILURE_SECONDS)
                else:
                    self._records.answered(kind, begun)

    def _text(self, client: httpx.Client) -> None:
        [text] = make_texts(1)
        answer = client.post("/translation", json={"text": text, **_PAIR}).raise_for_status()
        check(are_translations([answer.json()["translation"]], [text]))

    def _array(self, client: httpx.Client) -> None:
        texts = make_texts(_ARRAY)
        answer = client.post("/translation", json={"text": texts, **_PAIR}).raise_for_status()
        check(are_translations(answer.json()["translation"], texts))

    def _stream(self, client: httpx.Client) -> None:
        lines = make_texts(_LINES)
        body, headers = {"text": "\n".join(lines), **_PAIR}, {"Accept": "text/event-stream"}
        with client.stream("POST", "/translation", json=body, headers=headers) as answer:
            answer.raise_for_status()
            names = [line for line in answer.iter_lines() if line.startswith("event: ")]
        check(names == ["event: segment"] * _LINES + ["event: done"])

    def _document(self, client: httpx.Client) -> None:
        lines = make_texts(_LINES)
        files = {"file": ("a.txt", "\n".join(lines).encode())}
        form = {**_PAIR, "line_breaks": "keep"}
        answer = client.post("/translation/file", data=form, files=files).raise_for_status()
        check(are_translations(answer.text.split("\n"), lines))


def check(right: bool) -> None:  # noqa: FBT001 - what it checks
    """Raise WrongAnswerError unless an answer is right."""
    if not right:
        raise WrongAnswerError


def cause_of(error: Exception) -> str:
    """Return the cause of a failure in a few words."""
    match error:
        case httpx.HTTPStatusError(response=response):
            later = "Retry-After" in response.headers
            return f"{response.status_code}{' with Retry-After' if later else ''}"
        case httpx.ConnectError():
            return "refused connection"
        case httpx.NetworkError() | httpx.RemoteProtocolError():
            return "broken connection"
        case ValueError() | KeyError():
            return "wrong answer"
    return type(error).__name__


def read_events(answer: httpx.Response) -> Iterator[dict[str, str]]:
    """Yield the fields of each server-sent event; one that breaks off is none."""
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "event" in fields:
            yield fields
            fields = {}
