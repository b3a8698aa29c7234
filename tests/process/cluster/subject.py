"""A run on a cluster whose actors make capital letters: `subject.py ADDRESS PORT MARK IN OUT`."""

import os
import socket
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bulk.cluster.connection import join
from bulk.cluster.translation import ClusterRun, Work
from bulk.errors import BatchTextError, BulkError, InputError
from bulk.run import Options, RunSummary
from bulk.tables.columns import ColumnChoice
from bulk.tables.table_set import make_table_set
from server.core.requests import Answer

BLOCKED = "Blocked."  # translated once the test has answered
REFUSED = "Refused."
BROKEN = "Broken."  # its translation has a bug, whose message has the text


class Capitals:
    """A backend that asks the test before it translates BLOCKED."""

    def __init__(self, port: int, mark: str) -> None:
        self.fingerprint: dict[str, Any] = {}
        self._port, self._mark = port, mark

    def translate(self, texts: Sequence[str]) -> list[Answer]:
        if self._port and BLOCKED in texts:
            self._ask()
        if REFUSED in texts:
            raise BatchTextError(texts.index(REFUSED), InputError("refused"))
        if BROKEN in texts:
            raise ValueError(BROKEN)
        return [Answer(text.upper() + self._mark, "en", None, ("odd",)) for text in texts]

    def count_devices(self) -> int:
        return 1

    def count_tokens(self) -> int:
        return 0

    def close(self) -> None:
        pass

    def _ask(self) -> None:
        import ray

        with socket.create_connection(("127.0.0.1", self._port)) as connection:
            connection.sendall(ray.get_runtime_context().get_node_id().encode())
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)


def main() -> int:
    address, port, mark, source, target = sys.argv[1:]
    tables = make_table_set([Path(source)], Path(target), ColumnChoice(["text"], "de"))
    tables.check()
    summary = RunSummary()
    try:
        cluster = join(address, os.environ)
        backend = partial(Capitals, int(port), mark)
        work = Work(tables, backend, cluster.actor_size(None, 1), {"target": "de"})
        ClusterRun(cluster, work, Options(0, progress=True), summary).translate(None)
    except BulkError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    finally:
        sys.stderr.write(f"{summary.notices}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
