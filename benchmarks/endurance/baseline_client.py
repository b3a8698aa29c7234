"""A client for the time without load, and for the server's status."""

import time
from collections.abc import Sequence
from typing import Any

import httpx

_TIMEOUT_SECONDS = 300.0


class BaselineClient:
    """Sends one request at a time; raises httpx.HTTPError if one fails."""

    def __init__(self, url: str) -> None:
        """`url` is that of the server."""
        # A connection for each request: fronts are killed in between.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS, limits=limits)

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """Translate texts."""
        body = {"text": list(texts), "source_language": source, "target_language": target}
        response = self._client.post("/translation", json=body).raise_for_status()
        translations: list[str] = response.json()["translation"]
        return translations

    def workers(self) -> list[dict[str, Any]]:
        """Return the rows of `GET /gpus`."""
        rows: list[dict[str, Any]] = self._client.get("/gpus").raise_for_status().json()["gpus"]
        return rows

    def workers_now(self) -> list[dict[str, Any]]:
        """Return the rows of `GET /gpus`, none if the server cannot say."""
        try:
            return self.workers()
        except httpx.HTTPError:
            return []

    def total(self, field: str) -> int:
        """Return the sum of a field of `GET /gpus` over all workers."""
        return sum(row[field] for row in self.workers())

    def wait_until_ok(self) -> None:
        """Wait until every worker is ready."""
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while self._health() != "ok":
            if time.monotonic() > deadline:
                raise RuntimeError(f"the workers were not ready within {_TIMEOUT_SECONDS:g} s")
            time.sleep(0.2)

    def _health(self) -> str:
        try:
            return str(self._client.get("/health_check").json()["status"])
        except httpx.TransportError:
            return "the front was killed"
