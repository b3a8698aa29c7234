"""The parts of the benchmark of the front that its figures rest on."""

import http.server
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from types import MappingProxyType

import pytest

from benchmarks.front.cases import CASES, Case
from benchmarks.front.client import Clients
from benchmarks.front.cpu_time import cpu_seconds
from benchmarks.front.echo_decoder import EchoDecoder
from benchmarks.front.sentences import make_sentences
from translator import wire
from translator.models.checkpoints import BUNDLED, resolve
from translator.segment_batch import SegmentBatch
from translator.text_model import TextModel
from translator.verify.steps import TextOptions


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    status = 200
    more: Mapping[str, str] = MappingProxyType({})  # headers

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in self.more.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def serving(status: int, more: Mapping[str, str] = _Handler.more) -> Iterator[tuple[str, int]]:
    handler = type("Handler", (_Handler,), {"status": status, "more": more})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield "127.0.0.1", server.server_port
        server.shutdown()
        thread.join()


def test_the_client_counts_answers_and_ends_when_requests_are_used_up() -> None:
    requests = list(islice(CASES[1].requests(), 10))
    with serving(200) as address, Clients([address], 3) as clients:
        load = clients.run(iter(requests), 60.0)
    assert len(load.latencies) == 10
    assert load.latencies == sorted(load.latencies)
    assert 0 < load.share < 1


def test_the_client_connects_again_when_the_server_wants_that() -> None:
    requests = list(islice(CASES[1].requests(), 10))
    with serving(200, {"Connection": "close"}) as address, Clients([address], 3) as clients:
        assert len(clients.run(iter(requests), 60.0).latencies) == 10


def test_the_client_refuses_other_answers_than_200() -> None:
    with (
        serving(429) as address,
        Clients([address], 1) as clients,
        pytest.raises(RuntimeError, match="429"),
    ):
        clients.run(CASES[0].requests(), 60.0)


def test_sentences_have_no_digits_and_differ() -> None:
    sentences = list(islice(make_sentences(1), 1_000))
    assert len(set(sentences)) > 990
    assert not any(character.isdigit() for sentence in sentences for character in sentence)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_only_cached_cases_repeat(case: Case) -> None:
    first, again = (list(islice(case.requests(), 3)) for _ in range(2))
    assert (first == again) == case.cached
    head, _, body = first[0].partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head


def test_answers_of_the_echo_decoder_are_accepted_at_once() -> None:
    model = TextModel.for_checkpoint(resolve(BUNDLED), None, thorough=False)
    batch, decoder = SegmentBatch(model), EchoDecoder("cpu:0")
    for i, sentence in enumerate(islice(make_sentences(2), 50)):
        batch.add(i, model.segmenter.split(sentence, "en"), TextOptions("en", "de", 0))
    encoded = batch.take_encoded()
    decoder.submit([(each.key, wire.pack(each)) for each in encoded])
    for key, result in decoder.step():
        batch.accept(wire.unpack_decoded(key, result))
    finished = batch.take_finished()
    assert len(encoded) == len(finished) == 50
    assert not any(each.warnings or each.error for each in finished)


def _work(seconds: float) -> None:
    while time.process_time() < seconds:
        pass
    threading.Event().wait()


def test_cpu_time_of_workers_is_told_apart() -> None:
    worker = multiprocessing.get_context("spawn").Process(target=_work, args=(0.5,), daemon=True)
    before = cpu_seconds(os.getpid())
    worker.start()
    while cpu_seconds(os.getpid())["worker"] - before["worker"] < 0.4:
        time.sleep(0.1)  # to look costs this process time, too
    after = cpu_seconds(os.getpid())
    worker.kill()
    worker.join()
    assert after["front"] - before["front"] < after["worker"] - before["worker"]
