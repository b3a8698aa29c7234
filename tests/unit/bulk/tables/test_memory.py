"""Memory does not grow with a table: a process translates a small one, and then a large one."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.bulk.tables.running import FakeBackend, translate

pytestmark = [pytest.mark.slow, pytest.mark.long]
ROWS = (20_000, 200_000)
# In memory, the large table with its translations would need more: 13 MB of text, twice, in
# 400,000 objects of Python with 49 bytes each; and as much again for what is between.
LIMIT = 56 * 2**20
TEXT = "The sentence number {} of a table with rather many of them."


def write_table(path: Path, rows: int) -> None:
    if path.suffix == ".parquet":
        texts = [TEXT.format(n) for n in range(rows)]
        pq.write_table(pa.table({"text": texts}), path, row_group_size=rows)  # a single group
        return
    with path.open("w") as file:
        if path.suffix == ".csv":
            file.write("text\n")
        for n in range(rows):
            text = TEXT.format(n)
            file.write(f"{text if path.suffix == '.csv' else json.dumps({'text': text})}\n")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_peak_does_not_grow_with_the_table(tmp_path: Path, suffix: str) -> None:
    for rows in ROWS:
        write_table(tmp_path / f"{rows}{suffix}", rows)
    command = [sys.executable, "-m", "tests.unit.bulk.tables.test_memory", str(tmp_path), suffix]
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    small, large = map(int, output.split())
    assert large - small < LIMIT
    with (tmp_path / f"out-{ROWS[1]}{suffix}").open("rb") as file:
        if suffix == ".parquet":
            assert pq.ParquetFile(file).metadata.num_rows == ROWS[1]
        else:
            assert sum(1 for _ in file) == ROWS[1] + (suffix == ".csv")


class Forgetful(FakeBackend):
    """Does not keep what it was asked, which would grow."""

    def translate(self, texts):  # type: ignore[no-untyped-def]
        answers = super().translate(texts)
        self.asked.clear()
        return answers


def peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for count in ROWS:
        name = f"{count}{sys.argv[2]}"
        translate(Forgetful(), folder / name, folder / f"out-{name}", "text")
        print(peak())  # noqa: T201 - for the test
