"""Who may ask, and how much: API keys and their rates.

Keys are random, 256 bits of them, so one round of SHA-256 is enough to store them: there is nothing
to guess, which is what slow hashes and salts are for, and each request would pay for one.
"""

import hashlib
import hmac
import re
import threading
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from flask import request
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, TypeAdapter, ValidationError

from server.errors import MissingKeyError, RateLimitError, WrongKeyError
from server.metrics import Metrics
from server.request_log import current_record
from server.settings import Settings

_SECONDS = 60.0  # that a rate is for, and the longest burst
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # needs no quotes in TOML; goes into logs and labels

Clock = Callable[[], float]


class KeysError(Exception):
    """The list of keys is wrong; the message says where and holds no key."""


class ApiKey(BaseModel):
    """A table of the list. Rates of None are not limited."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # of the key's UTF-8
    requests_per_minute: PositiveInt | None = None
    characters_per_minute: PositiveInt | None = None


Keys = Mapping[str, ApiKey]  # by name
_KEYS = TypeAdapter(dict[str, ApiKey])


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
    """The keys that are let in; without any the server is open. Any thread may call it."""

    def __init__(self, keys: Keys, metrics: Metrics, clock: Clock = time.monotonic) -> None:
        """`keys` are those of `load_keys`."""
        self._metrics = metrics
        self._clock = clock
        self._clients = [_Client(name, key, clock()) for name, key in keys.items()]

    @property
    def required(self) -> bool:
        """Whether a key must be given."""
        return bool(self._clients)

    def identify(self, key: str | None) -> str:
        """Return the name of a key, and note it for the log and the terms of the request in hand.

        Where the server is open, that is "" whatever was given. Raises MissingKeyError and
        WrongKeyError.
        """
        client = self._find(key)
        if client is None:
            return ""
        record = current_record()
        if record:
            record.client = client.name
        return client.name

    def admit(self, key: str | None, characters: int) -> str:
        """Count a request of so many characters against the key's rates; else as `identify`.

        Raises RateLimitError too, and then counts nothing.
        """
        name = self.identify(key)
        record = current_record()
        if record:
            record.characters += characters
        client = self._find(key)
        if client is not None:
            try:
                client.charge(characters, self._clock())
            except RateLimitError:
                self._metrics.count_rate_limited(name)
                raise
        return name

    def _find(self, key: str | None) -> _Client | None:
        if not self._clients:
            return None
        if not key:
            raise MissingKeyError("this server needs an API key: Authorization: Bearer KEY")
        digest = digest_of(key).encode()
        # All are compared, so that the time tells nothing of which one is near.
        found = [c for c in self._clients if hmac.compare_digest(c.digest, digest)]
        if not found:
            raise WrongKeyError("this API key is not known here")
        return found[0]


def header_key(scheme: str = "bearer") -> str | None:
    """Return the key in `Authorization: SCHEME KEY` of the request in hand."""
    given = request.authorization
    return given.token if given and given.type == scheme else None


def digest_of(key: str) -> str:
    """Return what is stored of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def parse_keys(text: str) -> Keys:
    """Return the keys of a TOML document with a table for each, by name. Raises KeysError."""
    try:
        keys = _KEYS.validate_python(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise KeysError(f"no TOML: {error}") from None
    except ValidationError as error:
        raise KeysError(_explain(error)) from None  # the cause shows the input
    for name in keys:
        if not NAME.fullmatch(name):
            raise KeysError("a name may have 64 letters, digits, '-' and '_' at most")
    if len({key.sha256 for key in keys.values()}) < len(keys):
        raise KeysError("two names have one key")
    if not keys:
        raise KeysError("there is no key; leave the setting out for an open server")
    return keys


def load_keys(settings: Settings) -> Keys:
    """Return the keys that the settings name, by name; none for an open server.

    Raises KeysError.
    """
    file, text = settings.api_keys, settings.api_keys_toml
    if file is not None and text is not None:
        raise KeysError("are given twice: as a file and as text")
    if file is None:
        return {} if text is None else parse_keys(text)
    try:
        return parse_keys(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, KeysError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise KeysError(f"{file}: {reason}") from None


def _bucket(per_minute: int | None, now: float) -> _Bucket | None:
    return None if per_minute is None else _Bucket(per_minute, filled_at=now)


def _explain(error: ValidationError) -> str:
    detail = error.errors(include_url=False, include_input=False)[0]
    name, *rest = map(str, detail["loc"])
    place = ".".join([name, *rest]) if NAME.fullmatch(name) else "a name"
    message = "must be 64 hexadecimal digits" if rest == ["sha256"] else detail["msg"]
    return f"{place}: {message}"
