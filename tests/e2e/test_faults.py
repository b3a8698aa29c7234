"""Processes are killed, and signals sent, while real translations are running."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.conftest import Figure
from tests.e2e.conftest import TIMEOUT, Server, check_same, start, stop
from training.corpus import read_references

CLIENTS = 16
_ANSWERS = 20  # before a fault, and after it


class Load:
    """Clients that send requests until they are stopped, and keep all answers."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._stopping = threading.Event()
        self._sentences = list(read_references("test")["en", "de"])
        self.answers: list[tuple[str, httpx.Response]] = []
        self.broken: list[Exception] = []
        self._threads = [threading.Thread(target=self._run, args=(i,)) for i in range(CLIENTS)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, answers: int) -> None:
        goal, deadline = len(self.answers) + answers, time.monotonic() + TIMEOUT
        while len(self.answers) < goal:
            assert time.monotonic() < deadline, "the server has stopped answering"
            time.sleep(0.01)

    def _run(self, first: int) -> None:
        number = first
        while not self._stopping.is_set():
            text = self._sentences[number % len(self._sentences)]
            body = {"text": text, "source_language": "en", "target_language": "de"}
            number += CLIENTS
            try:
                response = self._server.client.post("/translation", json=body)
            except httpx.HTTPError as error:
                self.broken.append(error)
                return
            self.answers.append((text, response))
            if response.status_code != 200:
                return


def test_killing_workers_under_load_loses_no_request(server: Server) -> None:
    before = server.get("/gpus")["gpus"]
    with Load(server) as load:
        for row, worker in enumerate(before):
            load.wait_for(_ANSWERS)
            os.kill(worker["pid"], signal.SIGKILL)
            load.wait_for(_ANSWERS)
            server.wait_until("ok")
            assert server.get("/gpus")["gpus"][row]["pid"] != worker["pid"]
    assert load.broken == []
    assert {response.status_code for _, response in load.answers} == {200}
    first: dict[str, str] = {}
    answers = [(text, response.json()["translation"]) for text, response in load.answers]
    check_same((first.setdefault(text, translation), translation) for text, translation in answers)
    restarts = [row["restarts"] for row in server.get("/gpus")["gpus"]]
    assert restarts == [row["restarts"] + 1 for row in before]


def test_restarting_workers_under_load_loses_no_request(server: Server) -> None:
    before = server.get("/gpus")["gpus"]
    with Load(server) as load:
        for row, worker in enumerate(before):
            load.wait_for(_ANSWERS)
            answer = server.admin.post(f"/gpus/{worker['device']}/restart")
            state = answer.json()["gpus"][0]["state"]
            assert (answer.status_code, state) == (202, "restarting")
            server.wait_until("ok")
            assert server.get("/gpus")["gpus"][row]["pid"] != worker["pid"]
        load.wait_for(_ANSWERS)
    assert load.broken == []
    assert {response.status_code for _, response in load.answers} == {200}
    after = server.get("/gpus")["gpus"]
    assert [(row["restarts"], row["last_error"]) for row in after] == [
        (row["restarts"] + 1, row["last_error"]) for row in before
    ]


def test_the_admin_port_answers_while_every_translation_thread_is_busy(cache: Path) -> None:
    server = start(cache, "--devices", "cpu", "--http-threads", "1")
    try:
        server.wait_until("ok")
        sentences = list(read_references("test")["en", "de"])
        texts = [" ".join(sentences[i : i + 10]) for i in range(100)]
        with ThreadPoolExecutor(1) as executor:
            request = executor.submit(server.translate, texts, "en", "de")
            while not server.get("/gpus")["gpus"][0]["outstanding_segments"]:
                assert not request.done()
            body = {"text": "Thank you.", "source_language": "en", "target_language": "de"}
            assert server.client.post("/translation", json=body).status_code == 429
            health = server.admin.get("/health_check", timeout=5.0)
            assert (health.status_code, health.json()["status"]) == (200, "ok")
            assert not request.done()
            assert len(request.result()) == len(texts)
    finally:
        stop(server)


def test_9_sigterm_under_load_cuts_no_reply_and_exits_0(own_server: Server, figure: Figure) -> None:
    with Load(own_server) as load:
        load.wait_for(_ANSWERS)
        assert own_server.terminate() == 0
    answered = [response.status_code for _, response in load.answers]
    assert set(answered) <= {200, 503}
    assert answered.count(200) >= _ANSWERS
    # A connection may be refused or closed between requests, but no reply may be cut off.
    assert all(
        isinstance(error, httpx.ConnectError | httpx.RemoteProtocolError | httpx.ReadError)
        and "complete" not in str(error)  # "… without sending complete message body"
        for error in load.broken
    )
    figure(f"{answered.count(200)} requests answered, no reply cut off, exit 0")


def test_health_while_loading_and_after_the_last_worker_died(cache: Path) -> None:
    server = start(cache, "--devices", "cpu")
    try:
        response = server.client.get("/health_check")
        assert (response.status_code, response.json()["status"]) == (503, "loading")
        assert server.client.get("/health_check/live").status_code == 200
        server.wait_until("ok")
        os.kill(server.get("/gpus")["gpus"][0]["pid"], signal.SIGKILL)
        server.wait_until("loading")
        assert server.client.get("/health_check").status_code == 503
        assert server.translate("Thank you.", "en", "de")
        server.wait_until("ok")
        assert server.terminate() == 0
    finally:
        stop(server)


def test_a_killed_front_leaves_no_worker(own_server: Server) -> None:
    workers = [row["pid"] for row in own_server.get("/gpus")["gpus"]]
    own_server.process.kill()
    deadline = time.monotonic() + TIMEOUT
    for pid in workers:
        while Path(f"/proc/{pid}").exists():
            assert time.monotonic() < deadline, f"worker {pid} is still running"
            time.sleep(0.01)
