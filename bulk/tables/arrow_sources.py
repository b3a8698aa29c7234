"""Files whose rows pyarrow reads: Parquet, and the Arrow streams of the library datasets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from bulk.tables.group import GROUP_BYTES
from documents.tables.parquet import codecs_of

_BATCH_ROWS = 256  # compression may hide how large they are
_READ_BYTES = 2**20  # of a column at once
DEFAULT_CODEC = "snappy"


class Source(Protocol):
    """A file. pyarrow's errors are raised as they are."""

    schema: Any

    def count(self) -> int:
        """Return the number of rows."""

    def batches(self) -> Iterator[Any]:
        """Yield the rows as record batches; few are in memory at a time."""

    def codecs(self) -> dict[str, str]:
        """Return the compression of columns by path; of none if the file does not say."""


class ParquetSource:
    """A Parquet file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as file:
            self.schema = file.schema_arrow
            self._metadata = file.metadata

    def count(self) -> int:
        """Return the number of rows that the footer states."""
        return int(self._metadata.num_rows)

    def batches(self) -> Iterator[Any]:
        """Yield small batches, also of row groups that do not fit into memory."""
        with self._open() as file:
            for number in range(self._metadata.num_row_groups):
                group = self._metadata.row_group(number)
                row_bytes = max(1, group.total_byte_size // max(1, group.num_rows))
                rows = max(1, min(_BATCH_ROWS, GROUP_BYTES // row_bytes))
                yield from file.iter_batches(rows, row_groups=[number], use_threads=False)

    def codecs(self) -> dict[str, str]:
        """Return the compression of the first row group."""
        return codecs_of(self._metadata)

    def _open(self) -> Any:
        return pq.ParquetFile(self._path, buffer_size=_READ_BYTES)


class StreamSource:
    """An Arrow stream, such as `data-00000-of-00001.arrow` of `save_to_disk`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as stream:
            self.schema = stream.schema

    def count(self) -> int:
        """Count the rows, which needs reading the file."""
        return sum(batch.num_rows for batch in self._stored())

    def batches(self) -> Iterator[Any]:
        """Yield slices of the batches, of which one at a time is in memory."""
        for batch in self._stored():
            for start in range(0, batch.num_rows, _BATCH_ROWS):
                yield batch.slice(start, _BATCH_ROWS)

    def codecs(self) -> dict[str, str]:
        """Return nothing: a stream does not say."""
        return {}

    def _stored(self) -> Iterator[Any]:
        with pa.OSFile(str(self._path)) as file, pa.ipc.open_stream(file) as stream:
            yield from stream


def codec_of(codecs: dict[str, str], column: str) -> str:
    """Return the compression of a column, or of the lists in it."""
    for path, codec in codecs.items():
        if path == column or path.startswith(f"{column}."):
            return codec
    return DEFAULT_CODEC
