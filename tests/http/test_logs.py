"""What is logged of a request, in both formats, and what is not."""

import io
import json
import logging
import os
import re
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.app import create_app
from server.core.settings import Settings
from server.http.logs import JsonFormatter, TextFormatter, configure_logging
from server.services import make_services
from tests.fakes import FakePool, one_model
from tests.http.logging_processes import PROCESSES, RECORDS
from tests.http.test_access import ALICE, KEYS, bearer
from tests.http.test_translation import GOOD, post

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Log:
    """What a handler with one of the formatters wrote."""

    def __init__(self, formatter: logging.Formatter) -> None:
        self._stream = io.StringIO()
        self.handler = logging.StreamHandler(self._stream)
        self.handler.setFormatter(formatter)

    def lines(self) -> list[str]:
        return self._stream.getvalue().splitlines()

    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines()]


def attach(formatter: logging.Formatter) -> Iterator[Log]:
    log = Log(formatter)
    root = logging.getLogger("server")
    before = root.level
    root.addHandler(log.handler)
    root.setLevel(logging.INFO)
    yield log
    root.removeHandler(log.handler)
    root.setLevel(before)


@pytest.fixture
def json_log() -> Iterator[Log]:
    yield from attach(JsonFormatter())


@pytest.fixture
def text_log() -> Iterator[Log]:
    yield from attach(TextFormatter())


def test_the_line_of_a_request_tells_all_but_the_text(pool: FakePool, json_log: Log) -> None:
    settings = Settings(port=0, api_keys_toml=KEYS)
    client = create_app(make_services(pool, one_model(), settings)).test_client()
    body = {**GOOD, "text": ["Secret one. Secret two.", "Secret three."]}
    headers = {**bearer(ALICE), "X-Request-Id": "abc-1", "traceparent": f"00-{TRACE}-{'1' * 16}-01"}
    assert client.post("/translation?secret=1", json=body, headers=headers).status_code == 200
    [line] = json_log.objects()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line.pop("milliseconds") >= 0
    assert line.pop("message").startswith("POST /translation 200 ")
    assert line.pop("pid") == os.getpid()
    assert line == {
        "level": "info",
        "logger": "server.http.request_log",
        "request_id": "abc-1",
        "trace_id": TRACE,
        "method": "POST",
        "route": "/translation",
        "status": 200,
        "client": "alice",
        "characters": 36,
        "segments": 3,
    }
    assert "secret" not in json_log.lines()[0].lower()
    assert ALICE not in json_log.lines()[0]


def test_the_line_of_a_stream_comes_at_its_end_and_counts_all_segments(
    client: FlaskClient, json_log: Log
) -> None:
    body = {**GOOD, "text": ["One. Two.\nThree.", "Four."]}
    headers = {"Accept": "text/event-stream", "X-Request-Id": "abc-2"}
    response = client.post("/translation", json=body, headers=headers)
    events = response.response
    assert b"event: segment" in next(iter(events))
    assert json_log.lines() == []
    response.get_data()
    response.close()
    [line] = json_log.objects()
    assert (line["request_id"], line["route"], line["status"]) == ("abc-2", "/translation", 200)
    assert (line["characters"], line["segments"]) == (21, 4)


def test_every_line_of_a_request_has_its_id(
    client: FlaskClient, pool: FakePool, json_log: Log
) -> None:
    pool.failures["secret"] = ValueError("secret")
    identity = post(client, text="secret").headers["X-Request-Id"]
    assert [(line["level"], line["request_id"]) for line in json_log.objects()] == [
        ("error", identity), ("info", identity),
    ]  # fmt: skip
    assert "secret" not in "".join(json_log.lines())


def test_in_text_too(client: FlaskClient, text_log: Log) -> None:
    response = post(client)
    [line] = text_log.lines()
    assert line.endswith(f"[{response.headers['X-Request-Id']}]")
    assert "INFO server.http.request_log: POST /translation 200 " in line
    assert "client '', 5 characters, 1 segments" in line
    logging.getLogger("server").info("outside of a request")
    assert text_log.lines()[1].endswith("server: outside of a request")


def test_ids_are_made_where_none_came(client: FlaskClient) -> None:
    first, second = (client.get("/languages").headers["X-Request-Id"] for _ in range(2))
    assert re.fullmatch(r"[0-9a-f]{32}", first)
    assert first != second


@pytest.mark.parametrize("valid", ["1", "A-b_c.d:e/f+g=", "x" * 128])
def test_an_id_that_came_is_kept(client: FlaskClient, valid: str) -> None:
    answer = client.get("/nothing", headers={"X-Request-Id": valid})
    assert answer.headers["X-Request-Id"] == valid


@pytest.mark.parametrize("invalid", ["", " ", "a b", "x" * 129, 'a"b', "a,b", "ü", "{}"])
def test_an_id_that_would_spoil_a_log_is_replaced(client: FlaskClient, invalid: str) -> None:
    answer = client.get("/languages", headers={"X-Request-Id": invalid})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])


@pytest.mark.parametrize(
    "invalid",
    ["", TRACE, f"00-{TRACE}", f"00-{'0' * 32}-{'1' * 16}-01", f"ff-{TRACE}-{'1' * 16}-01",
     f"00-{TRACE.upper()}-{'1' * 16}-01", f"00-{TRACE}-{'0' * 16}-01"],
)  # fmt: skip
def test_a_trace_that_is_none_is_left_out(client: FlaskClient, json_log: Log, invalid: str) -> None:
    client.get("/languages", headers={"traceparent": invalid})
    assert "trace_id" not in json_log.objects()[0]


def test_unknown_methods_and_paths_are_not_logged(client: FlaskClient, json_log: Log) -> None:
    client.open("/secret", method="SECRET")
    client.open("/translation", method="SECRET")
    assert [(line["method"], line["route"]) for line in json_log.objects()] == [
        ("other", "none"), ("other", "none"),
    ]  # fmt: skip
    assert "secret" not in "".join(json_log.lines()).lower()


def test_probes_leave_no_line_unless_something_is_wrong(
    client: FlaskClient, pool: FakePool, json_log: Log
) -> None:
    ours = ["/health_check", "/health_check/live", "/gpus"]
    for path in [*ours, "/v2/health/live", "/v2/health/ready", "/v2/models/fake/ready"]:
        client.get(path)
    assert json_log.lines() == []
    pool.state = "dead"
    client.get("/health_check")
    assert [line["status"] for line in json_log.objects()] == [503]


def test_a_message_over_several_lines_is_one_line_of_json(json_log: Log) -> None:
    try:
        int("no")
    except ValueError:
        logging.getLogger("server").exception("two\nlines")
    [line] = json_log.objects()
    assert line["message"] == "two\nlines"
    assert line["exception"].endswith("literal for int() with base 10: 'no'")


def test_the_format_is_chosen_at_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        for form in ("json", "text"):
            root.handlers[:] = []
            configure_logging("warning", form)
            logging.getLogger("gpu_pool").warning("as told")
            logging.getLogger("gpu_pool").info("too little")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    first, second = capsys.readouterr().err.splitlines()
    assert json.loads(first)["message"] == "as told"
    assert second.endswith("WARNING gpu_pool: as told")


def log_from_processes(form: str, stderr: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.http.logging_processes", form]
    return subprocess.Popen(command, stderr=stderr)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["json", "text"])
def test_a_record_is_one_write_that_a_pipe_does_not_split(form: str) -> None:
    # Such a socket delivers each write by itself.
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, log_from_processes(form, theirs.fileno()):
        theirs.close()
        writes = list(iter(lambda: ours.recv(1 << 16), b""))
    assert len(writes) == PROCESSES * RECORDS
    assert max(map(len, writes)) <= select.PIPE_BUF
    assert all(write.endswith(b"\n") for write in writes)


@pytest.mark.slow
def test_lines_of_several_processes_do_not_mix() -> None:
    with log_from_processes("json", subprocess.PIPE) as parent:
        _, log = parent.communicate()
    lines = [json.loads(line) for line in log.splitlines()]
    assert len(lines) == PROCESSES * RECORDS
    assert {len(set(line["message"].rstrip("…"))) for line in lines} == {1}
    letters = {line["pid"]: line["message"][0] for line in lines}
    assert sorted(letters.values()) == ["a", "b", "c", "d"]
    failed = [line for line in lines if "exception" in line]
    assert len(failed) == len(lines) // 2
    assert all(each["exception"].endswith(f"ValueError: {letters[each['pid']]}") for each in failed)
