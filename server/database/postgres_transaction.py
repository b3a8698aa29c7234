"""What a transaction of PostgreSQL runs."""

from collections.abc import Iterable, Sequence

import psycopg

from server.database.cipher import Cipher
from server.database.interface import Row, Sealed

NOW = "extract(epoch FROM clock_timestamp())::float8"

Connection = psycopg.Connection[Row]


class PostgresTransaction:
    """See `Transaction`."""

    def __init__(
        self, connection: Connection, cipher: Cipher | None, sealed: frozenset[str]
    ) -> None:
        self._connection = connection
        self._cipher = cipher
        self._sealed = sealed
        self.has_changed = False

    def now(self) -> float:
        [row] = self.select(f"SELECT {NOW} AS now")
        return float(row["now"])

    def select(self, query: str, *values: object) -> list[Row]:
        found = self._connection.execute(sql(query), self._stored(values)).fetchall()
        if self._cipher is not None:
            for row in found:
                for name in self._sealed.intersection(row):
                    if row[name] is not None:
                        row[name] = self._cipher.open(row[name])
        self.has_changed |= bool(found) and not query.lstrip().startswith("SELECT")
        return found

    def run(self, query: str, *values: object) -> int:
        changed = self._connection.execute(sql(query), self._stored(values)).rowcount
        self.has_changed |= changed > 0
        return changed

    def insert(self, table: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
        with self._connection.cursor() as cursor:
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(self._stored(row))
            self.has_changed |= cursor.rowcount > 0

    def _stored(self, values: Sequence[object]) -> tuple[object, ...]:
        return tuple([self._seal(each) if isinstance(each, Sealed) else each for each in values])

    def _seal(self, sealed: Sealed) -> str | bytes | None:
        if sealed.value is None or self._cipher is None:
            return sealed.value
        return self._cipher.seal(sealed.value)


def sql(query: str) -> str:
    """Return a query with psycopg's marks for values. All queries are literals of this program."""
    return query.replace("%", "%%").replace("?", "%s")
