"""A server that is stopped at the worst moment does not hold up the others for ever."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from server.database.postgres import PostgresDatabase
from tests.process.conftest import wait_for
from tests.process.replicas.test_start import FIRST

pytestmark = pytest.mark.slow

# In the middle of a COPY: no timeout of PostgreSQL's runs.
STOPPED = """
import os, signal, sys
from server.database.postgres import PostgresDatabase
from tests.process.replicas.test_start import FIRST

def rows():
    for number in range(2_000):
        yield (number,)
    os.kill(os.getpid(), signal.SIGSTOP)

database = PostgresDatabase(sys.argv[1], FIRST)
with database.transaction() as transaction:
    transaction.insert("things", "number", rows())
"""


def test_in_the_middle_of_many_statements(url: str) -> None:
    database = PostgresDatabase(url, FIRST)
    with subprocess.Popen([sys.executable, "-c", STOPPED, url]) as stopped:
        try:
            status = Path(f"/proc/{stopped.pid}/status")
            wait_for(lambda: "T (stopped)" in status.read_text(), "it has stopped")
            [session] = database.select(
                "SELECT state, wait_event FROM pg_stat_activity WHERE state <> 'idle' "
                "AND pid <> pg_backend_pid() AND datname = current_database()"
            )
            assert (session["state"], session["wait_event"]) == ("active", "ClientRead")
            time.sleep(11)  # PostgreSQL ends idle sessions after 10, but not this one
            with database.transaction() as transaction:
                transaction.run("INSERT INTO things (number) VALUES (?)", 1)
        finally:
            os.kill(stopped.pid, signal.SIGKILL)
    assert [row["number"] for row in database.select("SELECT number FROM things")] == [1]
    database.close()
