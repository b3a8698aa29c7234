"""Who may use the server, and how much: two token buckets for each API key."""

import hmac
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from server.auth.keys import ApiKey, KeyList, KeysError, digest_of
from server.core.errors import MissingKeyError, RateLimitError, WrongKeyError
from server.metrics.front import Metrics

_log = logging.getLogger(__name__)
_SECONDS = 60.0  # the period of a rate, and the longest burst
_REFRESH_SECONDS = 1.0  # a change of the keys takes effect within this time

Clock = Callable[[], float]


@dataclass(slots=True)
class _Bucket:
    """A token bucket that holds one minute's worth and refills evenly.

    A cost larger than the bucket is accepted once the bucket is full; the level then goes negative.
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


class Client:
    """A known API key, or anybody where no key is required. Any thread may call it."""

    def __init__(self, name: str, key: ApiKey | None, now: float) -> None:
        """Where no key is required, `name` is "" and `key` is None: nothing is limited."""
        self.name = name
        self.key = key
        self.digest = key.sha256.encode() if key else b""
        self._requests = _bucket(key.requests_per_minute if key else None, now)
        self._characters = _bucket(key.characters_per_minute if key else None, now)
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
    """Identifies clients by their API keys, and enforces their rates. Any thread may call it."""

    def __init__(self, listed: KeyList, metrics: Metrics, clock: Clock = time.monotonic) -> None:
        self._listed = listed
        self._metrics = metrics
        self._clock = clock
        self._refreshing = threading.Lock()
        self._refreshed_at = clock()
        self._anybody = Client("", None, self._refreshed_at)
        self._clients: dict[str, Client] = {}  # by name; replaced as a whole
        self._load_clients()

    @property
    def required(self) -> bool:
        """Whether a key is required."""
        return self._listed.required

    def identify(self, key: str | None) -> Client:
        """Return the client with this API key; on an open server the same one for any key.

        Raises MissingKeyError and WrongKeyError.
        """
        if not self.required:
            return self._anybody
        self._refresh()
        if not key:
            raise MissingKeyError("this server needs an API key: Authorization: Bearer KEY")
        digest = digest_of(key).encode()
        # All are compared, so that the time reveals nothing about which one is close.
        found = [c for c in self._clients.values() if hmac.compare_digest(c.digest, digest)]
        if not found:
            raise WrongKeyError("this API key is not known here")
        return found[0]

    def charge(self, client: Client, characters: int) -> None:
        """Count a request of so many characters against the client's rates.

        Raises RateLimitError, and then counts nothing.
        """
        try:
            client.charge(characters, self._clock())
        except RateLimitError:
            self._metrics.count_rate_limited(client.name)
            raise

    def _refresh(self) -> None:
        """Load the keys again if they have changed; an invalid list changes nothing."""
        with self._refreshing:
            now = self._clock()
            if now - self._refreshed_at < _REFRESH_SECONDS:
                return
            self._refreshed_at = now
            try:
                if self._listed.refresh():
                    self._load_clients()
                    _log.info("API keys have changed: %s", ", ".join(self._clients) or "none left")
            except KeysError as error:
                _log.error("API keys stay as they were: %s", error)

    def _load_clients(self) -> None:
        """Use the keys of the list; clients whose key is unchanged keep their buckets."""
        before, now = self._clients, self._clock()
        self._clients = {
            name: before[name]
            if name in before and before[name].key == key
            else Client(name, key, now)
            for name, key in self._listed.keys.items()
        }
        self._metrics.label_clients(self._clients)


def _bucket(per_minute: int | None, now: float) -> _Bucket | None:
    return None if per_minute is None else _Bucket(per_minute, filled_at=now)
