"""How `m2m-translate` handles a server's responses and failures."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bulk.errors import BatchTextError, BulkError, InputError, RetryableError
from bulk.remote import Remote
from server.core.requests import Answer

Reply = tuple[int, Any, dict[str, str]]  # status, body, headers
MODEL: Reply = (200, {"model": "fake"}, {})
LANGUAGES: Reply = (200, [{"code": "en"}, {"code": "de"}], {})
GPUS: Reply = (200, {"gpus": [{"device": f"cuda:{number}"} for number in (0, 1, 1)]}, {})


class FakeServer(ThreadingHTTPServer):
    """Answers POST /translation with the `replies` in order, then with upper case."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.replies: list[Reply] = []
        self.health: Reply = MODEL
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.max_texts = 100

    def reply(self, body: dict[str, Any]) -> Reply:
        self.bodies.append(body)
        if self.replies:
            return self.replies.pop(0)
        if len(body["text"]) > self.max_texts:
            return problem(413, "too many texts")
        return good([text.upper() for text in body["text"]])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeServer

    def do_GET(self) -> None:
        replies = {"/health_check": self.server.health, "/languages": LANGUAGES, "/gpus": GPUS}
        self._answer(replies[self.path])

    def do_POST(self) -> None:
        self.server.keys.append(self.headers["Authorization"])
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(self.server.reply(json.loads(body)))

    def _answer(self, reply: Reply) -> None:
        status, body, headers = reply
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def good(translation: Any, **members: Any) -> Reply:
    return 200, {"translation": translation, "source_language": "en", **members}, {}


def problem(status: int, detail: str, field: str | None = None, **headers: str) -> Reply:
    body = {"detail": detail} | ({"field": field} if field else {})
    return status, body, {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def server() -> Iterator[FakeServer]:
    fake = FakeServer()
    thread = threading.Thread(target=fake.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield fake
    fake.shutdown()
    thread.join()
    fake.server_close()


@pytest.fixture
def pauses() -> list[float]:
    return []


Connect = Callable[..., Remote]


@pytest.fixture
def connect(server: FakeServer, pauses: list[float]) -> Iterator[Connect]:
    made: list[Remote] = []

    def connect(
        source: str = "en",
        target: str = "de",
        *,
        url: str = "",
        key: str | None = None,
        timeout: float | None = None,
    ) -> Remote:
        made.append(Remote(url or server.url, key, (source, target), timeout, pauses.append))
        return made[-1]

    yield connect
    for remote in made:
        remote.close()


def translations(remote: Remote, *texts: str) -> list[str]:
    return [answer.text for answer in remote.translate(texts)]


def test_texts_are_sent_with_bulk_priority(server: FakeServer, connect: Connect) -> None:
    remote = connect("EN", "de-AT", key="secret", timeout=5.0)
    assert translations(remote, "a", "b") == ["A", "B"]
    assert server.bodies == [
        {
            "source_language": "en",
            "target_language": "de",
            "priority": "bulk",
            "timeout": 5.0,
            "text": ["a", "b"],
        }
    ]
    assert server.keys == ["Bearer secret"]
    assert remote.fingerprint == {"source": "en", "target": "de", "model": "fake"}


def test_each_text_gets_its_detected_language_and_warnings(
    server: FakeServer, connect: Connect
) -> None:
    warnings = [{"field": "text[1]", "code": "length"}, {"field": "text[1]", "code": "repetition"}]
    server.replies = [good(["A", "B"], source_language=["en", "de"], warnings=warnings)]
    assert connect("auto").translate(["a", "b"]) == [
        Answer("A", "en"),
        Answer("B", "de", warnings=("length", "repetition")),
    ]


def test_a_busy_server_is_retried_without_limit(
    server: FakeServer, connect: Connect, pauses: list[float]
) -> None:
    server.replies = [problem(429, "busy", Retry_After=str(i)) for i in range(20)]
    server.replies.append((429, b"", {}))
    assert translations(connect(), "a") == ["A"]
    assert pauses == [*range(20), 1.0]


def test_transient_errors_are_retried(
    server: FakeServer, connect: Connect, pauses: list[float]
) -> None:
    server.replies = [(502, b"", {}), problem(503, "loading", Retry_After="5"), (504, b"", {})]
    assert translations(connect(), "a") == ["A"]
    assert pauses == [1.0, 5.0, 4.0]


def test_transient_errors_are_retried_a_limited_number_of_times(
    server: FakeServer, connect: Connect, pauses: list[float]
) -> None:
    server.replies = [(503, b"", {})] * 99
    with pytest.raises(RetryableError, match="the server answers 503, 6 times"):
        connect().translate(["a"])
    assert len(pauses) == 5


def test_an_unreachable_server(connect: Connect, pauses: list[float]) -> None:
    with pytest.raises(RetryableError, match=r"cannot be reached \(ConnectError\)"):
        connect(url="http://127.0.0.1:1")
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_a_request_that_is_too_large_is_sent_in_halves(
    server: FakeServer, connect: Connect
) -> None:
    server.max_texts = 3
    texts = [chr(ord("a") + i) for i in range(11)]
    assert translations(connect(), *texts) == [text.upper() for text in texts]
    assert max(len(body["text"]) for body in server.bodies[1:]) < 11


def test_a_request_that_is_too_slow_is_sent_in_halves(
    server: FakeServer, connect: Connect, pauses: list[float]
) -> None:
    server.replies = [problem(504, "not finished in time")]
    assert translations(connect(), "a", "b") == ["A", "B"]
    assert [body["text"] for body in server.bodies] == [["a", "b"], ["a"], ["b"]]
    assert pauses == []


@pytest.mark.parametrize(
    ("reply", "kind", "index"),
    [
        (problem(400, "no", "text[1]"), InputError, 1),
        (problem(500, "died", "text[2]"), RetryableError, 2),
    ],
)
def test_a_failing_text_is_identified(
    server: FakeServer, connect: Connect, reply: Reply, kind: type[BulkError], index: int
) -> None:
    server.replies = [reply]
    with pytest.raises(BatchTextError) as caught:
        connect().translate(["a", "b", "c"])
    assert (caught.value.index, type(caught.value.reason)) == (index, kind)


def test_a_failing_text_of_the_second_half_is_identified(
    server: FakeServer, connect: Connect
) -> None:
    server.replies = [
        problem(413, "many"),
        good(["A"]),
        problem(413, "many"),
        good(["B"]),
        problem(413, "a text is too long"),
    ]
    with pytest.raises(BatchTextError, match="answers 413: a text is too long") as caught:
        connect().translate(["a", "b", "c"])
    assert (caught.value.index, type(caught.value.reason)) == (2, InputError)


@pytest.mark.parametrize(
    ("reply", "kind", "message"),
    [
        (problem(400, "timeout must be at most 600 seconds", "timeout"), InputError, "at most 600"),
        (problem(401, "no key"), InputError, "API key"),
        (problem(403, "wrong key"), InputError, "API key"),
        (problem(500, "the log says where"), RetryableError, "answers 500: the log says where"),
        ((500, b"<html>", {}), RetryableError, "answers 500: no reason given"),
        ((404, b"<html>", {}), InputError, "is not an m2m-server"),
        ((301, b"", {"Location": "/"}), InputError, "is not an m2m-server"),
        ((200, b"<html>", {}), InputError, "is not an m2m-server"),
        ((200, {"translatedText": ["A"]}, {}), InputError, "has no 'translation'"),
        (good("A"), InputError, "does not have one translation per text"),
        (good(["A", "B"]), InputError, "does not have one translation per text"),
        (good([None]), InputError, "does not have one translation per text"),
    ],
)
def test_other_responses(
    server: FakeServer, connect: Connect, reply: Reply, kind: type[BulkError], message: str
) -> None:
    server.replies = [reply]
    with pytest.raises(kind, match=message):
        connect().translate(["a"])


def test_a_device_of_several_workers_counts_once(connect: Connect) -> None:
    assert connect().count_devices() == 2


def test_languages_are_checked_before_texts_are_sent(server: FakeServer, connect: Connect) -> None:
    for source, target, message in [
        ("en", "xx", "--target must be one of de, en"),
        ("fr", "de", "--source must be one of auto, de, en"),
        ("en", "auto", "--target must be one of"),
        ("de", "DE", "both de"),
    ]:
        with pytest.raises(InputError, match=message):
            connect(source, target)
    assert server.bodies == []


@pytest.mark.parametrize("url", ["gpu-box:8000", "ftp://x", "http://box:port", "/x"])
def test_an_invalid_url(connect: Connect, url: str) -> None:
    with pytest.raises(InputError, match="--url"):
        connect(url=url)


def test_a_server_of_another_kind(server: FakeServer, connect: Connect) -> None:
    server.health = (200, {"status": "ok"}, {})
    with pytest.raises(InputError, match="has no 'model'"):
        connect()
