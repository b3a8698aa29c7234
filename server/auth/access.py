"""Who may use the server, and how much: two token buckets for each API key."""

import logging
import threading
import time
from collections.abc import Callable

from server.auth.key_source import KeySource
from server.auth.keys import ApiKey, KeysError, digest_of
from server.auth.rates import PERIOD_SECONDS, RateTable, tag_of
from server.auth.shared_rates import Rates
from server.auth.usage import Usage
from server.core.errors import MissingKeyError, QuotaError, RateLimitError, WrongKeyError
from server.metrics.front import Metrics

_log = logging.getLogger(__name__)
_REFRESH_SECONDS = 1.0  # a change of the keys takes effect within this time

Clock = Callable[[], float]


class Client:
    """A known API key, or anybody where no key is required. Any thread may call it."""

    def __init__(self, name: str, key: ApiKey | None) -> None:
        """Where no key is required, `name` is "" and `key` is None: nothing is limited."""
        self.name = name
        self.requests_per_minute = key.requests_per_minute if key else None
        self.characters_per_minute = key.characters_per_minute if key else None
        self.characters_per_month = key.characters_per_month if key else None
        self._limited = bool(self.requests_per_minute or self.characters_per_minute)
        self._request_seconds = _seconds(self.requests_per_minute)
        self._character_seconds = _seconds(self.characters_per_minute)
        self._tag = tag_of(name, key)

    def charge(self, rates: Rates, characters: int, now: float) -> None:
        """Count a request. Raises RateLimitError, and then counts nothing."""
        if not self._limited:
            return
        costs = self._request_seconds, self._character_seconds * characters
        waits = rates.charge(self._tag, costs, now)
        if waits is None:
            return
        if waits[0] >= waits[1]:
            limit = f"{self.requests_per_minute} requests"
        else:
            limit = f"{self.characters_per_minute} characters"
        raise RateLimitError(f"this key may send {limit} a minute", max(waits))


class Access:
    """Identifies clients by their API keys, and enforces their rates. Any thread may call it."""

    def __init__(
        self,
        listed: KeySource,
        metrics: Metrics,
        usage: Usage,
        rates: Rates | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        """Processes that share `rates` enforce each rate together; None: it is for this one.

        `close` closes the usage and the list.
        """
        self._listed = listed
        self._metrics = metrics
        self._usage = usage
        self._rates = rates or RateTable()
        self._clock = clock
        self._refreshing = threading.Lock()
        self._refreshed_at = clock()
        self._anybody = Client("", None)
        self._clients: dict[str, Client] = {}  # by digest; replaced as a whole
        self._load_clients()

    @property
    def required(self) -> bool:
        """Whether a key is required."""
        return self._listed.required

    def identify(self, key: str | None) -> Client:
        """Return the client with this API key; on an open server the same one for any key.

        Raises MissingKeyError and WrongKeyError.
        """
        if not self._listed.required:
            return self._anybody
        self.refresh()
        if not key:
            raise MissingKeyError("this server needs an API key: Authorization: Bearer KEY")
        # The time that this takes depends on the key's digest, which nobody can choose.
        client = self._clients.get(digest_of(key))
        if client is None:
            raise WrongKeyError("this API key is not known here")
        return client

    def charge(self, client: Client, characters: int, waiting: int = 0) -> None:
        """Count a request of so many characters against the client's quota and rates.

        `waiting` characters have been accepted before and are not translated yet.
        Raises RateLimitError, and then counts nothing, and QuotaError.
        """
        self._usage.save_sometimes()
        try:
            client.charge(self._rates, characters, self._clock())
            self._check_quota(client, characters, waiting)
        except (RateLimitError, QuotaError):
            self._metrics.count_rate_limited(client.name)
            raise

    def _check_quota(self, client: Client, characters: int, waiting: int) -> None:
        quota = client.characters_per_month
        if quota is None:
            return
        if not self._usage.admit(client.name, characters, quota - waiting):
            raise QuotaError(f"this key may have {quota} characters translated in a month")

    def refresh(self) -> None:
        """Load the keys again if they have changed; an invalid list changes nothing.

        Looks at most once a second. Whoever works without requests calls it, too.
        """
        self._usage.save_sometimes()
        if self._clock() - self._refreshed_at < _REFRESH_SECONDS:
            return
        with self._refreshing:
            now = self._clock()
            if now - self._refreshed_at < _REFRESH_SECONDS:
                return
            self._refreshed_at = now
            try:
                if self._listed.refresh():
                    self._load_clients()
                    _log.info("API keys have changed: %s", ", ".join(self._names()) or "none left")
            except KeysError as error:
                _log.error("API keys stay as they were: %s", error)

    def close(self) -> None:
        """Save what has been used; release what this process has of the keys."""
        self._usage.close()
        self._listed.close()

    def _load_clients(self) -> None:
        """Use the keys of the list. One that is as it was keeps its level, by its tag."""
        self._clients = {key.sha256: Client(name, key) for name, key in self._listed.keys.items()}
        self._metrics.label_clients(self._names())

    def _names(self) -> list[str]:
        return [client.name for client in self._clients.values()]


def _seconds(per_minute: int | None) -> float:
    """Return how long a bucket takes to gain one; 0 for a rate without limit."""
    return 0.0 if per_minute is None else PERIOD_SECONDS / per_minute
