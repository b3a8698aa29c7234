"""Who processes a job: a server, for a short time that it prolongs while it lives."""

from server.database.interface import Transaction

LEASE_SECONDS = 20.0  # for which a server that is killed keeps its jobs from others
_MOST_OF_A_CLIENT = 4  # jobs that one server processes at a time; the others are left to others
# The oldest unfinished jobs of each client, without those of other servers; of them the new ones.
_CLAIMABLE = """
SELECT number FROM (
    SELECT number, holder, row_number() OVER (PARTITION BY client ORDER BY number) AS place
    FROM jobs LEFT JOIN leases ON leases.job = number
    WHERE status IN ('queued', 'running') AND (holder IS NULL OR holder = ? OR until < ?)
) AS own WHERE place <= ? AND (holder IS NULL OR holder <> ?)
"""
_LEASE = f"""
INSERT INTO leases SELECT number, ?, ? FROM ({_CLAIMABLE}) AS new WHERE true
ON CONFLICT (job) DO UPDATE SET holder = excluded.holder, until = excluded.until
"""  # noqa: S608 - only constants


def claim(transaction: Transaction, holder: str) -> None:
    """Prolong a server's leases, and lease it further jobs up to a few for each client."""
    now = transaction.now()
    if transaction.run(_LEASE, holder, now, holder, now, _MOST_OF_A_CLIENT, holder):
        transaction.run(  # those of the new leases, which alone end now
            "DELETE FROM runs WHERE job IN (SELECT job FROM leases WHERE holder = ? AND until = ?)",
            holder,
            now,
        )
    transaction.run(  # seldom: whatever is written wakes all others
        "UPDATE leases SET until = ? WHERE holder = ? AND until < ?",
        now + LEASE_SECONDS,
        holder,
        now + LEASE_SECONDS / 2,
    )


def release(transaction: Transaction, holder: str) -> None:
    """End a server's leases."""
    transaction.run(
        "DELETE FROM runs WHERE job IN (SELECT job FROM leases WHERE holder = ?)", holder
    )
    transaction.run("DELETE FROM leases WHERE holder = ?", holder)


def holds(transaction: Transaction, holder: str, number: int) -> bool:
    """Return whether a server has the lease of a job; it may have lost it while it was stopped."""
    query = "SELECT job FROM leases WHERE job = ? AND holder = ?"
    return bool(transaction.select(query, number, holder))
