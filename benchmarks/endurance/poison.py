"""A text that crashes every worker that translates it, and a client that sends it repeatedly."""

import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import httpx

import server.__main__
import server.core.pool_factory
from server.core.worker_factory import make_translator
from translator.config import TranslatorConfig

POISON = "This text crashes the worker."
_QUARANTINED = "urn:m2m-server:quarantined"


def make_crashing_translator(device: str, config: TranslatorConfig) -> Any:
    """Return the real Translator, changed to crash its process when it receives POISON."""
    translator = make_translator(device, config)
    submit = translator.submit

    def submit_or_crash(key: int, text: str, *rest: Any, **options: Any) -> None:
        if text == POISON:
            os.kill(os.getpid(), signal.SIGSEGV)
        submit(key, text, *rest, **options)

    translator.submit = submit_or_crash  # type: ignore[method-assign]
    return translator


class PoisonClient:
    """Sends POISON among other texts every few seconds inside a `with` block."""

    def __init__(self, url: str, others: Sequence[str], every: float, timeout: float) -> None:
        """`others` are English sentences for the same request; times are in seconds."""
        self.outcomes: Counter[str] = Counter()  # "identified", or what came back instead
        self._url = url
        self._texts = [others[0], POISON, *others[1:]]
        self._every = every
        self._timeout = timeout
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "PoisonClient":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the request in progress."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        body = {"text": self._texts, "source_language": "en", "target_language": "de"}
        with httpx.Client(base_url=self._url, timeout=self._timeout) as client:
            while not self._stopping.wait(self._every):
                try:
                    problem = client.post("/translation", json=body).json()
                except httpx.HTTPError as error:
                    self.outcomes[type(error).__name__] += 1
                    continue
                identified = problem.get("type") == _QUARANTINED and problem["field"] == "text[1]"
                outcome = "identified" if identified else problem.get("type", "answered")
                self.outcomes[outcome] += 1


if __name__ == "__main__":  # the server with such workers, which import this module again
    from benchmarks.endurance.poison import make_crashing_translator as factory

    vars(server.core.pool_factory)["make_translator"] = factory
    sys.exit(server.__main__.main())
