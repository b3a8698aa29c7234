"""API keys in the database of several servers, which `m2m-server key` changes."""

import time
from collections.abc import Callable, Mapping

from server.auth.keys import ApiKey, Keys, KeysError, check_keys
from server.database.interface import Database, Schema, StorageError, StoreError

_REREAD_SECONDS = 30.0  # a notification may be lost together with its connection
KEYS = Schema(
    "keys",
    """
CREATE TABLE api_keys (  -- what is NULL is unlimited
    name TEXT PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, requests_per_minute BIGINT,
    characters_per_minute BIGINT, characters_per_month BIGINT
);
""",
    seconds=5.0,  # texts wait for it
)
Clock = Callable[[], float]


class StoredKeys:
    """See `KeySource`. While the database is away, the keys that were read last are used."""

    required = True

    def __init__(self, database: Database, clock: Clock = time.monotonic) -> None:
        """Read the keys of a database with the tables of KEYS. Raises KeysError and StoreError."""
        self._database = database
        self._clock = clock
        self._seen = 0  # the version that `keys` has; 0: before anything was heard
        self._again_at = clock() + _REREAD_SECONDS
        self._told = False  # that they cannot be read
        try:
            self.keys = all_keys(database)
        except StorageError as error:
            raise StoreError(KEYS.name, str(error)) from None
        finally:
            database.close()  # connections do not survive a fork

    def refresh(self) -> bool:
        """See `KeySource`."""
        version = self._database.version()
        if version == self._seen and self._clock() < self._again_at:
            return False
        self._again_at = self._clock() + _REREAD_SECONDS
        try:
            keys = all_keys(self._database)
        except StorageError as error:  # `version` is still to be read
            return self._tell(error)
        except KeysError as error:
            self._seen = version
            return self._tell(error)
        self._seen, self._told = version, False
        changed, self.keys = keys != self.keys, keys
        return changed

    def close(self) -> None:
        """See `KeySource`."""
        self._database.close()

    def _tell(self, error: StorageError | KeysError) -> bool:
        if self._told:
            return False
        self._told = True
        raise KeysError(f"in the database: {error}")


def all_keys(database: Database) -> Keys:
    """Return all keys. Raises StorageError, and KeysError if somebody has broken the table."""
    rows = database.select("SELECT * FROM api_keys ORDER BY name")
    return check_keys({row.pop("name"): row for row in rows})


def add_keys(database: Database, keys: Keys) -> None:
    """Store new keys, all or none. Raises KeysError for a name or a key that is there already."""
    with database.transaction() as transaction:
        known = transaction.select("SELECT name, sha256 FROM api_keys")
        names, digests = ({row[column] for row in known} for column in ("name", "sha256"))
        for name, key in keys.items():
            if name in names:
                raise KeysError(f"there is a key of {name} already")
            if key.sha256 in digests:
                raise KeysError(f"the key of {name} is there already, with another name")
        transaction.insert(
            "api_keys",
            ", ".join(("name", *ApiKey.model_fields)),
            [(name, *key.model_dump().values()) for name, key in keys.items()],
        )


def change_limits(database: Database, name: str, limits: Mapping[str, int | None]) -> None:
    """Change these limits of a key, by their names in ApiKey. Raises KeysError."""
    with database.transaction() as transaction:
        rows = transaction.select("SELECT * FROM api_keys WHERE name = ?", name)
        if not rows:
            raise KeysError(f"there is no key of {name}")
        row = {**rows[0], **limits}
        transaction.run(
            "UPDATE api_keys SET requests_per_minute = ?, characters_per_minute = ?,"
            " characters_per_month = ? WHERE name = ?",
            row["requests_per_minute"],
            row["characters_per_minute"],
            row["characters_per_month"],
            name,
        )


def revoke_key(database: Database, name: str) -> None:
    """Delete a key. Raises KeysError."""
    with database.transaction() as transaction:
        if not transaction.run("DELETE FROM api_keys WHERE name = ?", name):
            raise KeysError(f"there is no key of {name}")
