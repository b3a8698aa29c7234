"""Who may ask, and how much: a bucket of requests and one of characters for each API key."""

import hmac
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import request

from server.auth.keys import ApiKey, KeyList, KeysError, digest_of
from server.core.errors import MissingKeyError, RateLimitError, WrongKeyError
from server.http.request_log import current_record
from server.metrics.front import Metrics

_log = logging.getLogger(__name__)
_SECONDS = 60.0  # that a rate is for, and the longest burst
_REFRESH_SECONDS = 1.0  # how late a change of the keys may be noticed

Clock = Callable[[], float]


@dataclass(slots=True)
class _Bucket:
    """Holds a minute's worth at most, and fills up evenly.

    What costs more than it can hold is let through once it is full; it then owes the rest.
    """

    per_minute: int
    level: float = field(init=False)
    filled_at: float

    def __post_init__(self) -> None:
        self.level = float(self.per_minute)

    def wait(self, cost: int, now: float) -> float:
        """Return the seconds until `cost` may be taken; 0: now."""
        rate = self.per_minute / _SECONDS
        self.level = min(self.per_minute, self.level + (now - self.filled_at) * rate)
        self.filled_at = now
        return max(0.0, (min(cost, self.per_minute) - self.level) / rate)


class _Client:
    """A key in use."""

    def __init__(self, name: str, key: ApiKey, now: float) -> None:
        self.name = name
        self.key = key
        self.digest = key.sha256.encode()
        self._requests = _bucket(key.requests_per_minute, now)
        self._characters = _bucket(key.characters_per_minute, now)
        self._lock = threading.Lock()

    def charge(self, characters: int, now: float) -> None:
        """Count a request. Raises RateLimitError, and then counts nothing."""
        costs = [(self._requests, 1, "requests"), (self._characters, characters, "characters")]
        with self._lock:
            waits = [
                (bucket.wait(cost, now), bucket.per_minute, unit)
                for bucket, cost, unit in costs
                if bucket
            ]
            seconds, per_minute, unit = max(waits, default=(0.0, 0, ""))
            if seconds:
                raise RateLimitError(f"this key may send {per_minute} {unit} a minute", seconds)
            for bucket, cost, _ in costs:
                if bucket:
                    bucket.level -= cost


class Access:
    """Lets in who has a key; everybody, where none is required. Any thread may call it."""

    def __init__(self, listed: KeyList, metrics: Metrics, clock: Clock = time.monotonic) -> None:
        self._listed = listed
        self._metrics = metrics
        self._clock = clock
        self._refreshing = threading.Lock()
        self._refreshed_at = clock()
        self._clients: dict[str, _Client] = {}  # by name; replaced as a whole
        self._take()

    @property
    def required(self) -> bool:
        """Whether a key must be given."""
        return self._listed.required

    def identify(self, key: str | None) -> str:
        """Return the name of a key, and note it for the log and the terms of the request in hand.

        Where the server is open, that is "" whatever was given. Raises MissingKeyError and
        WrongKeyError.
        """
        client = self._find(key)
        return client.name if client else ""

    def admit(self, key: str | None, characters: int) -> str:
        """Count a request of so many characters against the key's rates; else as `identify`.

        Raises RateLimitError too, and then counts nothing.
        """
        client = self._find(key)
        record = current_record()
        if record:
            record.characters += characters
        if client is None:
            return ""
        try:
            client.charge(characters, self._clock())
        except RateLimitError:
            self._metrics.count_rate_limited(client.name)
            raise
        return client.name

    def _find(self, key: str | None) -> _Client | None:
        if not self.required:
            return None
        self._refresh()
        if not key:
            raise MissingKeyError("this server needs an API key: Authorization: Bearer KEY")
        digest = digest_of(key).encode()
        # All are compared, so that the time tells nothing of which one is near.
        found = [c for c in self._clients.values() if hmac.compare_digest(c.digest, digest)]
        if not found:
            raise WrongKeyError("this API key is not known here")
        record = current_record()
        if record:
            record.client = found[0].name
        return found[0]

    def _refresh(self) -> None:
        """Take note of a change of the keys; one that is wrong leaves them as they were."""
        with self._refreshing:
            now = self._clock()
            if now - self._refreshed_at < _REFRESH_SECONDS:
                return
            self._refreshed_at = now
            try:
                if self._listed.refresh():
                    self._take()
                    _log.info("API keys have changed: %s", ", ".join(self._clients) or "none left")
            except KeysError as error:
                _log.error("API keys stay as they were: %s", error)

    def _take(self) -> None:
        """Make the list's keys those in use; what is as it was keeps its buckets."""
        before, now = self._clients, self._clock()
        self._clients = {
            name: before[name]
            if name in before and before[name].key == key
            else _Client(name, key, now)
            for name, key in self._listed.keys.items()
        }
        self._metrics.label_clients(self._clients)


def header_key(scheme: str = "bearer") -> str | None:
    """Return the key in `Authorization: SCHEME KEY` of the request in hand."""
    given = request.authorization
    return given.token if given and given.type == scheme else None


def _bucket(per_minute: int | None, now: float) -> _Bucket | None:
    return None if per_minute is None else _Bucket(per_minute, filled_at=now)
