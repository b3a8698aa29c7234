"""How many characters each API key has had translated this month.

The metrics count, for all processes of the server together; this adds what they have counted to the
database, now and then and whenever somebody asks.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from server.database.interface import Database, StorageError, Transaction
from server.metrics.front import Metrics

_log = logging.getLogger(__name__)
_SAVE_SECONDS = 10.0  # the most that a kill of all processes can lose
_TIDY_SECONDS = 86_400.0
_FORGET_SECONDS = 400 * 86_400.0  # of silence, after which a server is not there any more
_RECENT_SECONDS = 1.0  # age of a count that a quota is compared with


class Usage:
    """Any thread of any process that was forked after it was made may call it."""

    def __init__(
        self, database: Database, metrics: Metrics, clock: Callable[[], float] = time.time
    ) -> None:
        """`clock` returns Unix time; months are those of UTC. `close` closes the database."""
        self._database = database
        self._metrics = metrics
        self._clock = clock
        self._run = secrets.token_hex(8)  # of the server: its metrics begin at zero
        self._saved_at = time.monotonic()
        self._tidied_at = float("-inf")
        self._recent: dict[str, tuple[float, int]] = {}  # by client: when counted, and the count
        self._lock = threading.Lock()

    def count(self, client: str) -> int:
        """Return the characters translated for a client this month; on an open server, for all."""
        self._try_to_save()
        rows = self._database.select(
            "SELECT characters FROM usage WHERE client = ? AND month = ?", client, self._month()
        )
        return int(rows[0]["characters"]) if rows else 0

    def admit(self, client: str, characters: int, quota: int) -> bool:
        """Return whether a client may have so many more characters translated this month.

        The count is up to a second old, except for what this process has admitted since.
        """
        with self._lock:
            now = time.monotonic()
            counted_at, count = self._recent.get(client, (float("-inf"), 0))
            if now - counted_at > _RECENT_SECONDS:
                counted_at, count = now, self._count_or(client, count)
            admitted = count + characters <= quota
            self._recent[client] = counted_at, count + characters if admitted else count
        return admitted

    def _count_or(self, client: str, known: int) -> int:
        """Return the count, or the known one while the database is away: texts are served."""
        try:
            return self.count(client)
        except StorageError:
            return known

    def save_sometimes(self) -> None:
        """Save, if that was long ago."""
        if time.monotonic() - self._saved_at < _SAVE_SECONDS:
            return
        self._try_to_save()

    def close(self) -> None:
        """Save, and close the database."""
        self._try_to_save()
        self._database.close()

    def _try_to_save(self) -> None:
        """Save. Without storage it will be done later, and nothing is lost until the end."""
        self._saved_at = time.monotonic()
        try:
            self._save()
        except StorageError as error:
            _log.error("the characters that keys have used cannot be stored now: %s", error)

    def _save(self) -> None:
        """Add to the database what has been counted since any process did so."""
        month = self._month()
        with self._database.transaction() as transaction:
            rows = transaction.select(
                "SELECT client, characters FROM counted WHERE run = ?", self._run
            )
            before = {row["client"]: row["characters"] for row in rows}
            for client, total in self._metrics.characters_by_client().items():
                more = total - before.get(client, 0)
                if more <= 0:
                    continue
                transaction.run(
                    "INSERT INTO usage VALUES (?, ?, ?) ON CONFLICT (client, month)"
                    " DO UPDATE SET characters = usage.characters + excluded.characters",
                    client,
                    month,
                    more,
                )
                transaction.run(
                    "INSERT INTO counted VALUES (?, ?, ?) ON CONFLICT (client, run)"
                    " DO UPDATE SET characters = excluded.characters",
                    client,
                    self._run,
                    total,
                )
            if time.monotonic() - self._tidied_at > _TIDY_SECONDS:
                self._tidied_at = time.monotonic()
                _tidy(transaction, self._run)

    def _month(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m")


def _tidy(transaction: Transaction, own: str) -> None:
    """Forget what runs of servers that have long ended had counted."""
    now = transaction.now()
    transaction.run(  # this run, and those of servers that do not know the table
        "INSERT INTO counting SELECT DISTINCT run, ? FROM counted"
        " WHERE run NOT IN (SELECT run FROM counting)",
        now,
    )
    transaction.run("UPDATE counting SET seen = ? WHERE run = ?", now, own)
    ended = now - _FORGET_SECONDS
    transaction.run(
        "DELETE FROM counted WHERE run IN (SELECT run FROM counting WHERE seen < ?)", ended
    )
    transaction.run("DELETE FROM counting WHERE seen < ?", ended)
