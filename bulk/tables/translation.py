"""One pass over each table: its texts are looked up or translated, and its rows written.

Groups of rows are read ahead while their texts are translated, many batches at a time. A run that
was killed starts the table again, and finds in the store what it had translated.
"""

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bulk.backend import Backend
from bulk.lines import Line, batches, texts
from bulk.output import Fingerprint
from bulk.run import Run
from bulk.tables.group import Group, NewColumn, Translated, new_column
from bulk.tables.partial_database import database_path
from bulk.tables.progress import Progress
from bulk.tables.store import TextStore
from bulk.tables.table import Table
from bulk.tables.table_set import TableSet

_OPEN_BYTES = 32 * 2**20  # of groups that have been read and not written


def translate_tables(
    run: Run, backend: Backend, tables: TableSet, price_per_hour: float | None
) -> None:
    """Translate tables one after another. Raises BulkError; what has been translated is kept."""
    progress = Progress(backend, price_per_hour)
    with TextStore(database_path(tables.output, "texts"), backend.fingerprint) as store:
        try:
            for source, target, table in tables.open():
                with source.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                identity = {"table": digest, **asdict(tables.choice)}
                table_pass = _Pass(run, store, progress, str(source))
                _translate_table(table_pass, table, target, identity)
        finally:
            run.summary.notices += filter(None, [progress.summary()])
        store.finish()


def _translate_table(
    table_pass: "_Pass", table: Table, target: Path, identity: Fingerprint
) -> None:
    rows = table.measure()
    with table_pass.run.open(target, identity) as output:
        if output.finished:
            return
        with table_pass.run.bar(table_pass.name, " rows", rows) as bar:
            table.write(output.clear(), table_pass.translated(table, bar))
        output.finish()


@dataclass(slots=True)
class _OpenGroup:
    """A group that has been read and not written."""

    group: Group
    batches: list[list[Line]]  # of its texts that were neither known nor in another batch
    known: dict[str, Translated]
    done: int = 0  # batches
    shown: int = 0  # rows

    def advance(self) -> int:
        """Count a batch; return for how many rows it stands."""
        self.done += 1
        shown, self.shown = self.shown, self.group.rows * self.done // len(self.batches)
        return self.shown - shown


class _Pass:
    """The pass over one table."""

    def __init__(self, run: Run, store: TextStore, progress: Progress, name: str) -> None:
        self.run, self.name = run, name
        self._store = store
        self._progress = progress
        self._open: deque[_OpenGroup] = deque()
        self._in_batches: set[str] = set()  # texts

    def translated(self, table: Table, bar: Any) -> Iterator[tuple[Group, list[NewColumn]]]:
        """Yield the groups of a table in order, each with its new columns. Raises BulkError."""
        items = self._batches(table)
        for batch, answers in self.run.translated(self.name, "row", items, self._is_full):
            current = self._open[0]
            self._keep(current, texts(batch), [Translated(a.text, a.warnings) for a in answers])
            rows = current.advance()
            if current.done == len(current.batches):
                yield current.group, self._new_columns(current)
                self._open.popleft()
            self._progress.show(bar, rows)

    def _batches(self, table: Table) -> Iterator[list[Line]]:
        """Yield the batches of one group after another; at least one of each, maybe empty."""
        for group in table.groups():
            numbers: dict[str, int] = {}
            for number, text in group.texts():
                numbers.setdefault(text, number)
            known = self._store.find(list(numbers))
            new = [text for text in numbers if text not in known and text not in self._in_batches]
            self._in_batches.update(new)
            lines = (Line(numbers[text], "", text, "") for text in new)
            opened = _OpenGroup(group, list(batches(lines)) or [[]], known)
            self._open.append(opened)
            yield from opened.batches

    def _is_full(self) -> bool:
        return sum(opened.group.size for opened in self._open) > _OPEN_BYTES

    def _keep(
        self, current: _OpenGroup, done: Sequence[str], translations: Sequence[Translated]
    ) -> None:
        pairs = list(zip(done, translations, strict=True))
        if pairs:
            self._store.add(pairs)
            self._progress.add(len(done), sum(map(len, done)))
            current.known.update(pairs)
            self._in_batches.difference_update(done)

    def _new_columns(self, current: _OpenGroup) -> list[NewColumn]:
        """Return the translations; those from batches of groups before it are in the store."""
        missing = {text for _, text in current.group.texts()} - current.known.keys()
        current.known.update(self._store.find(list(missing)))
        return [new_column(values, current.known) for values in current.group.values]
