"""Forked processes that share a table of rates; `test_shared_rates.py` runs each scenario.

Each is a process of its own, because a process with threads, such as pytest's, should not fork.
"""

import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from server.auth.access import Access
from server.auth.keys import KeyList, digest_of
from server.auth.process_lock import ProcessLock
from server.auth.rates import RateTable
from server.auth.usage import Usage
from server.core.errors import RateLimitError, WrongKeyError
from server.core.state import STATE
from server.database.sqlite import SqliteDatabase
from server.metrics.front import Metrics

_CONTEXT = multiprocessing.get_context("fork")
_FRONTS = 4
_THREADS = 3
_TRIES = 40  # of each thread
_PATIENCE = 5.0  # seconds; on a busy machine, somebody may wait for long who is not stopped
_LIMIT = 100  # a minute; fewer than the fronts try together


class Front:
    """A forked process that does `work` with its end of a pipe."""

    def __init__(self, work: Callable[[Connection], None]) -> None:
        self.pipe, end = _CONTEXT.Pipe()
        self.process = _CONTEXT.Process(target=work, args=(end,), daemon=True)
        self.process.start()

    def signal(self, number: int) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.process.join()


def charge_in_threads(rates: RateTable, tag: int) -> Callable[[Connection], None]:
    """Return work that waits for a start, then sends how many of its charges were accepted."""

    def work(pipe: Connection) -> None:
        accepted = []

        def charge() -> None:
            costs = (60 / _LIMIT, 0.0)
            accepted.extend([1 for _ in range(_TRIES) if rates.charge(tag, costs, 1000.0) is None])

        pipe.recv()
        threads = [threading.Thread(target=charge) for _ in range(_THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pipe.send(len(accepted))

    return work


def assert_exact(rates: RateTable, tag: int) -> None:
    """Let all fronts charge one key at once: together they get its rate, and no more."""
    fronts = [Front(charge_in_threads(rates, tag)) for _ in range(_FRONTS)]
    for front in fronts:
        front.pipe.send("start")
    accepted = [front.pipe.recv() for front in fronts]
    assert sum(accepted) == _LIMIT, accepted
    for front in fronts:
        front.process.join()


def together() -> None:
    """All fronts at once, one key after another."""
    rates = RateTable(ProcessLock(_PATIENCE))
    for tag in range(1, 6):
        assert_exact(rates, tag)


def killed() -> None:
    """A front is killed while it holds the lock, others while they charge."""
    lock = ProcessLock(_PATIENCE)
    rates = RateTable(lock)

    def hold(pipe: Connection) -> None:
        with lock:
            pipe.send("held")
            signal.pause()

    def charge(pipe: Connection) -> None:
        pipe.send("begun")
        while True:
            rates.charge(1, (1e-9, 1e-9), 1000.0)

    holder = Front(hold)
    holder.pipe.recv()
    holder.kill()
    assert_exact(rates, 2)
    for tag in range(3, 13):
        fronts = [Front(charge) for _ in range(_FRONTS)]
        for front in fronts:
            front.pipe.recv()
        for front in fronts:
            front.kill()
        assert_exact(rates, tag)
    assert rates.charge(1, (60.0, 60.0), 1000.0) is not None, "what was charged is forgotten"
    assert rates.charge(1, (60.0, 60.0), 1060.0) is None, "a kill has charged too much"


def stopped() -> None:
    """A front is stopped while it holds the lock: the others go on, and are exact again after."""
    lock = ProcessLock(_PATIENCE)
    rates = RateTable(lock)

    def hold(pipe: Connection) -> None:
        with lock:
            pipe.send("held")
            pipe.recv()
        pipe.send("released")

    holder = Front(hold)
    holder.pipe.recv()
    holder.signal(signal.SIGSTOP)
    accepted = [rates.charge(1, (60 / _LIMIT, 0.0), 1000.0) is None for _ in range(_LIMIT + 1)]
    assert accepted == [True] * _LIMIT + [False], accepted
    holder.signal(signal.SIGCONT)
    holder.pipe.send("release")
    assert holder.pipe.recv() == "released"
    # This process notices, before others are forked with what it believes.
    assert rates.charge(1, (60.0, 0.0), 1000.0) is not None
    assert_exact(rates, 2)


def keys_changed() -> None:
    """The file of keys changes while fronts serve: unchanged keys keep their levels."""
    rates = RateTable(ProcessLock(_PATIENCE))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "keys.toml")
        file.write_text(_table("alice", 4) + _table("bob", 1) + _table("dora", 1))
        fronts = [Front(_serve(file, rates)) for _ in range(3)]

        def ask(key: str, now: float) -> list[str]:
            for front in fronts:
                front.pipe.send((key, now))
            return sorted(front.pipe.recv() for front in fronts)

        assert ask("alice", 1000.0) == ["accepted"] * 3
        assert ask("bob", 1000.0) == ["accepted", "limited", "limited"]
        assert ask("dora", 1000.0) == ["accepted", "limited", "limited"]
        file.write_text(_table("alice", 4) + _table("carol", 2) + _table("dora", 2))
        assert ask("carol", 1000.5) == ["unknown"] * 3  # looked at once a second at most
        assert ask("carol", 1001.0) == ["accepted", "accepted", "limited"]
        assert ask("alice", 1001.0) == ["accepted", "limited", "limited"]
        assert ask("bob", 1001.0) == ["unknown"] * 3
        assert ask("dora", 1001.0) == ["accepted", "accepted", "limited"], "her new rate counts"
        for front in fronts:
            front.kill()


def _table(name: str, rate: int) -> str:
    return f'[{name}]\nsha256 = "{digest_of(name)}"\nrequests_per_minute = {rate}\n'


def _serve(file: Path, rates: RateTable) -> Callable[[Connection], None]:
    now = 1000.0

    def work(pipe: Connection) -> None:
        nonlocal now
        metrics = Metrics()
        usage = Usage(SqliteDatabase(None, STATE), metrics)
        access = Access(KeyList(file), metrics, usage, rates, lambda: now)
        while True:
            key, now = pipe.recv()
            try:
                access.charge(access.identify(key), 1)
            except RateLimitError:
                pipe.send("limited")
            except WrongKeyError:
                pipe.send("unknown")
            else:
                pipe.send("accepted")

    return work


SCENARIOS = {each.__name__: each for each in (together, killed, stopped, keys_changed)}

if __name__ == "__main__":
    SCENARIOS[sys.argv[1]]()
