"""The list of API keys, in the settings: a TOML document with a table for each.

Keys are 256 random bits, so one round of SHA-256 is enough to store them: slow hashes and salts
protect guessable passwords, and would cost time on every request.
"""

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, TypeAdapter, ValidationError

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # needs no quotes in TOML; appears in logs and labels


class KeysError(Exception):
    """The list of keys is invalid; the message says where, without the key."""


class ApiKey(BaseModel):
    """One table of the list. What is None is unlimited."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # of the key's UTF-8
    requests_per_minute: PositiveInt | None = None
    characters_per_minute: PositiveInt | None = None
    characters_per_month: PositiveInt | None = None


Keys = Mapping[str, ApiKey]  # by name
_KEYS = TypeAdapter(dict[str, ApiKey])


class KeyList:
    """The keys of a file, which may change while the server runs, or of a text."""

    def __init__(self, file: Path | None, text: str | None = None) -> None:
        """Read the keys; without file and text the server is open. Raises KeysError."""
        self._file = file
        self._seen = _signature(self._file)
        if self._file is not None:
            self.keys = read_keys(self._file)
        else:
            self.keys = {} if text is None else parse_keys(text)
        self.required = self._file is not None or text is not None
        if self.required and not self.keys:
            raise KeysError("the list is empty; omit the setting for an open server")

    def close(self) -> None:
        """See `KeySource`."""

    def refresh(self) -> bool:
        """Read the file again if it has changed; return True if it has.

        Raises KeysError once where it is invalid now; the keys stay as they were.
        """
        signature = _signature(self._file)
        if signature == self._seen:
            return False
        # Taken before the file is read: a change in between is seen the next time.
        self._seen = signature
        assert self._file is not None, "only a file can change"
        self.keys = read_keys(self._file)
        return True


def digest_of(key: str) -> str:
    """Return the digest that is stored instead of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def parse_keys(text: str) -> Keys:
    """Return the keys of a TOML document. Raises KeysError."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise KeysError(f"not valid TOML: {error}") from None
    return check_keys(tables)


def check_keys(tables: Mapping[str, Any]) -> Keys:
    """Return the keys of the tables with their names. Raises KeysError."""
    try:
        keys = _KEYS.validate_python(tables)
    except ValidationError as error:
        raise KeysError(_explain(error)) from None  # the cause shows the input
    for name in keys:
        if not NAME.fullmatch(name):
            raise KeysError("a name may have 64 letters, digits, '-' and '_' at most")
    if len({key.sha256 for key in keys.values()}) < len(keys):
        raise KeysError("two names have one key")
    return keys


def write_keys(keys: Keys) -> str:
    """Return the TOML document of keys."""
    return "".join(f"[{name}]\n{_write_table(key)}\n" for name, key in keys.items())


def read_keys(file: Path) -> Keys:
    """Return the keys of a file. Raises KeysError."""
    try:
        return parse_keys(file.read_text("utf-8"))
    except UnicodeDecodeError:
        raise KeysError(f"{file}: is not UTF-8") from None
    except OSError as error:
        raise KeysError(f"{file}: {error.strerror or error}") from None
    except KeysError as error:
        raise KeysError(f"{file}: {error}") from None


def _write_table(key: ApiKey) -> str:
    limits = key.model_dump(exclude={"sha256"}, exclude_none=True)
    lines = [f'sha256 = "{key.sha256}"', *(f"{name} = {rate}" for name, rate in limits.items())]
    return "".join(f"{line}\n" for line in lines)


def _signature(file: Path | None) -> tuple[int, int, int] | None:
    """Return values that change when a file is written or replaced; None where there is none."""
    if file is None:
        return None
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _explain(error: ValidationError) -> str:
    detail = error.errors(include_url=False, include_input=False)[0]
    name, *rest = map(str, detail["loc"])
    place = ".".join([name, *rest]) if NAME.fullmatch(name) else "a name"
    message = "must be 64 hexadecimal digits" if rest == ["sha256"] else detail["msg"]
    return f"{place}: {message}"
