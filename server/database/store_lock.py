"""The lock of a store in PostgreSQL: one transaction at a time changes it, of all servers."""

import hashlib

from server.database.interface import Transaction

# PostgreSQL has no timeout for a client that stops in the middle of a message, or of several: its
# session is "active" then, and keeps the lock.
_END_STOPPED = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity JOIN pg_locks USING (pid)
WHERE locktype = 'advisory' AND granted AND classid::bigint << 32 | objid::bigint = ?
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND wait_event = 'ClientRead' AND clock_timestamp() - state_change > interval '10 seconds'
"""


def take_lock(transaction: Transaction, key: int) -> None:
    """Take a lock until the end of the transaction; end the session of a stopped server first."""
    [row] = transaction.select("SELECT pg_try_advisory_xact_lock(?) AS taken", key)
    if not row["taken"]:
        transaction.select(_END_STOPPED, key)
        transaction.select("SELECT pg_advisory_xact_lock(?)", key)


def key_of(name: str) -> int:
    """Return the key of an advisory lock: 64 bits with sign."""
    digest = hashlib.sha256(f"m2m-server {name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
