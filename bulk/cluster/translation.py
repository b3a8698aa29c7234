"""A run on a cluster: translated pieces are collected, and each complete table is written.

Rows come from the input, in its order, and only their new columns from the cluster, so whatever is
repeated there, the output has each row once. It is the file that a run without a cluster writes.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from bulk.backend import Backend
from bulk.cluster.connection import ActorSize, Cluster
from bulk.cluster.messages import PIECE_ROWS, TableToRead, TranslatedPiece, pieces
from bulk.cluster.part_store import PartStore, scope_of
from bulk.errors import InputError
from bulk.output import Fingerprint, Output
from bulk.run import Options, RunSummary, make_bar
from bulk.tables.group import Group, NewColumn
from bulk.tables.partial_database import database_path
from bulk.tables.progress import Progress
from bulk.tables.table import Table, open_table
from bulk.tables.table_set import TableSet


@dataclass(frozen=True, slots=True)
class Work:
    """What a cluster translates, and how."""

    tables: TableSet
    make_backend: Callable[[], Backend]  # called in each actor
    size: ActorSize
    fingerprint: Fingerprint  # of what determines the translation of a text


@dataclass(slots=True)
class _OpenTable:
    """A table that is not written yet."""

    source: Path
    target: Path
    identity: Fingerprint
    scope: bytes
    rows: int
    done: list[int]  # first rows of the pieces that an earlier run has translated
    left: int  # rows


class ClusterDevices:
    """Counts what the actors report."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._tokens: dict[str, int] = {}  # by actor

    def add(self, piece: TranslatedPiece) -> None:
        """Note how many tokens an actor has translated."""
        if piece.tokens is not None:
            self._tokens[piece.actor] = max(piece.tokens, self._tokens.get(piece.actor, 0))

    def count_devices(self) -> int:
        """Return the number of GPUs of the cluster, or that of its nodes with CPUs."""
        return self._cluster.count_devices()

    def count_tokens(self) -> int:
        """Return the source tokens that all actors have translated, those that died included."""
        return sum(self._tokens.values())


class ClusterRun:
    """Translates the tables of a run."""

    def __init__(self, cluster: Cluster, work: Work, options: Options, summary: RunSummary) -> None:
        self._cluster, self._work, self._options = cluster, work, options
        self._summary = summary

    def translate(self, price_per_hour: float | None) -> None:
        """Translate all tables. Raises BulkError; what has been translated is kept."""
        devices = ClusterDevices(self._cluster)
        progress = Progress(devices, price_per_hour, "texts")
        with PartStore(database_path(self._work.tables.output, "parts")) as parts:
            tables = [*self._unfinished(parts)]
            for table in tables:
                if not table.left:
                    self._write(table, parts)
            try:
                self._collect([each for each in tables if each.left], parts, devices, progress)
            finally:
                self._summary.notices += filter(None, [progress.summary()])
            parts.finish()

    def _unfinished(self, parts: PartStore) -> Iterator[_OpenTable]:
        """Check all tables and outputs before the first is translated. Raises BulkError."""
        for source, target, table in self._work.tables.open():
            with source.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            identity = {"table": digest, **asdict(self._work.tables.choice)}
            identity |= self._work.fingerprint
            rows = table.measure()
            with Output(target, identity, overwrite=self._options.overwrite) as output:
                self._summary.finished_before += output.finished
                if output.finished:
                    continue
            scope = scope_of(identity | {"source": str(source), "piece": PIECE_ROWS})
            done = parts.rows(scope)
            left = rows - sum(done.values())
            yield _OpenTable(source, target, identity, scope, rows, list(done), left)

    def _collect(
        self,
        tables: list[_OpenTable],
        parts: PartStore,
        devices: ClusterDevices,
        progress: Progress,
    ) -> None:
        """Have the pieces of tables translated; write each table when it has all of them."""
        if not tables:
            return
        from bulk.cluster.dataset import translated_pieces

        to_read = [
            TableToRead(number, str(table.source.absolute()), table.done)
            for number, table in enumerate(tables)
        ]
        work, total = self._work, sum(table.rows for table in tables)
        name = str(tables[0].source) if len(tables) == 1 else f"{len(tables)} tables"
        done = total - sum(table.left for table in tables)
        results = translated_pieces(
            to_read, work.tables.choice, work.make_backend, work.size, self._cluster.node_id
        )
        with closing(results), make_bar(name, " rows", total, done, self._options) as bar:
            for piece in results:
                table = tables[piece.table]
                # Neither a piece of a table that is written, nor the same one again.
                rows = table.left and parts.add(table.scope, piece.first, piece.columns)
                if not rows:
                    continue
                self._summary.warnings.update(piece.warnings)
                devices.add(piece)
                progress.add(piece.texts, piece.characters)
                progress.show(bar, rows)
                table.left -= rows
                if not table.left:
                    self._write(table, parts)
        if unfinished := [table for table in tables if table.left]:
            raise InputError(f"{unfinished[0].source} changed while it was translated")

    def _write(self, table: _OpenTable, parts: PartStore) -> None:
        opened = open_table(table.source, self._work.tables.choice)
        with Output(table.target, table.identity, overwrite=self._options.overwrite) as output:
            opened.write(output.clear(), _joined(opened, table, parts))
            output.finish()
        parts.remove(table.scope)


def _joined(
    opened: Table, table: _OpenTable, parts: PartStore
) -> Iterator[tuple[Group, list[NewColumn]]]:
    """Yield the groups of a table, each with its new columns."""
    for group in opened.groups():
        columns = [NewColumn([], []) for _ in group.values]
        for piece in pieces(group):
            found = parts.find(table.scope, piece.first)
            if found is None or len(found[0].translations) != len(piece.values[0]):
                raise InputError(f"{table.source} changed while it was translated")
            for column, new in zip(columns, found, strict=True):
                column.translations.extend(new.translations)
                column.warnings.extend(new.warnings)
        yield group, columns
