"""A text that crashes every worker that translates it, and a client that sends it repeatedly."""

import os
import signal
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

import server.__main__
import server.core.pool_factory
from benchmarks.client_threads import ClientThreads
from benchmarks.endurance.clients import BROKEN
from server.core.worker_factory import make_decoder
from translator.config import TranslatorConfig
from translator.device_decoder import DeviceDecoder
from translator.device_memory import MemoryShare
from translator.models.checkpoints import resolve
from translator.wire import unpack

POISON = "This text crashes the worker."
_QUARANTINED, _UNAVAILABLE = "urn:m2m-server:quarantined", "urn:m2m-server:unavailable"
_PAUSE_SECONDS = 1.0  # before a repetition


def make_crashing_decoder(
    device: str, config: TranslatorConfig, shares: Mapping[str, MemoryShare]
) -> DeviceDecoder:
    """Return the real decoder, changed to crash its process when it receives POISON."""
    decoder = make_decoder(device, config, shares)
    tokenizer, submit = resolve(config.model).tokenizer(), decoder.submit

    def submit_or_crash(segments: Sequence[tuple[int, bytes]]) -> None:
        for key, payload in segments:
            if tokenizer.decode(unpack(key, payload).source_ids) == POISON:
                os.kill(os.getpid(), signal.SIGSEGV)
        submit(segments)

    decoder.submit = submit_or_crash  # type: ignore[method-assign]
    return decoder


class PoisonClient(ClientThreads):
    """Sends POISON among other texts every few seconds."""

    def __init__(self, url: str, others: Sequence[str], every: float, timeout: float) -> None:
        """`others` are English sentences for the same request; times are in seconds."""
        # "identified", "repeated" if the connection broke or the pool was away, or what came back
        # instead.
        self.outcomes: Counter[str] = Counter()
        self._url = url
        self._texts = [others[0], POISON, *others[1:]]
        self._every = every
        self._timeout = timeout
        super().__init__([self._run])

    def _run(self) -> None:
        body = {"text": self._texts, "source_language": "en", "target_language": "de"}
        with httpx.Client(base_url=self._url, timeout=self._timeout) as client:
            while not self.stopping.wait(self._every):
                outcome = self._send(client, body)
                self.outcomes[outcome] += 1
                while outcome == "repeated" and not self.stopping.wait(_PAUSE_SECONDS):
                    outcome = self._send(client, body)
                    self.outcomes[outcome] += 1

    def _send(self, client: httpx.Client, body: dict[str, Any]) -> str:
        """Return the outcome."""
        try:
            problem = client.post("/translation", json=body).json()
        except BROKEN:
            return "repeated"
        except httpx.HTTPError as error:
            return type(error).__name__
        if problem.get("type") == _UNAVAILABLE:
            return "repeated"
        identified = problem.get("type") == _QUARANTINED and problem["field"] == "text[1]"
        return "identified" if identified else problem.get("type", "answered")


if __name__ == "__main__":  # the server with such workers, which import this module again
    from benchmarks.endurance.poison import make_crashing_decoder as factory

    vars(server.core.pool_factory)["make_decoder"] = factory
    sys.exit(server.__main__.main())
