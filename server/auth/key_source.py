"""Where the API keys of a server are: in a file, in a text, or in the database."""

import logging
from pathlib import Path
from typing import Protocol

from server.auth.keys import KeyList, Keys, KeysError
from server.auth.stored_keys import KEYS, StoredKeys
from server.core.settings import Settings
from server.core.state import open_postgres

_log = logging.getLogger(__name__)


class KeySource(Protocol):
    """One thread at a time calls it, of any process that was forked after it was made."""

    keys: Keys
    required: bool  # whether a client needs a key

    def refresh(self) -> bool:
        """Read the keys again if they may have changed; return True if they have.

        Raises KeysError once where that is impossible; they stay as they were.
        """

    def close(self) -> None:
        """Release what this process has of it."""


def open_keys(settings: Settings) -> KeySource:
    """Read the keys that the settings name. Raises KeysError, and StoreError for the database."""
    source, text = settings.api_keys, settings.api_keys_toml
    if source is not None and text is not None:
        raise KeysError("are given twice: in the settings api-keys and api-keys-toml")
    if isinstance(source, Path) or source is None:
        return KeyList(source, text)
    if settings.database is None:
        raise KeysError("to read them from the database, the server needs --database")
    stored = StoredKeys(open_postgres(settings.database, KEYS))
    if not stored.keys:
        _log.warning("there are no API keys yet, see 'm2m-server key --help': all are refused")
    return stored
