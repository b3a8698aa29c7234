"""Speed and cost are those of what this run has translated, in units that are known."""

import io
from pathlib import Path

import pytest
from tqdm import tqdm

from bulk.backend import count_devices
from bulk.tables.progress import Progress
from tests.unit.bulk.tables.running import FakeBackend, translate


def progress_after(
    seconds: float, backend: FakeBackend, price: float | None
) -> tuple[Progress, FakeBackend]:
    times = iter([100.0] + [100.0 + seconds] * 9)
    return Progress(backend, price, clock=lambda: next(times)), backend


def test_tokens_are_counted_from_the_start_of_the_run() -> None:
    progress, backend = progress_after(10.0, FakeBackend(tokens=1_000), None)
    assert progress.figures() == ""
    progress.add(2, 5)
    backend.tokens = 51_000
    assert progress.figures() == "5,000 tokens/s"


def test_a_server_has_characters_instead() -> None:
    progress, _ = progress_after(10.0, FakeBackend(), None)
    progress.add(2, 12_345)
    assert progress.figures() == "1,234 characters/s"  # 1,234.5


def test_the_cost_is_that_of_all_devices() -> None:
    """Two devices for half an hour, at 3 an hour: 3 for 250,000 characters."""
    progress, _ = progress_after(1_800.0, FakeBackend(), 3.0)
    progress.add(1, 250_000)
    assert progress.figures() == "139 characters/s, 12.00 per million characters"
    progress.add(1, 39_750_000)
    assert progress.figures().endswith(", 0.0750 per million characters")


def test_the_bar_counts_rows() -> None:
    progress, _ = progress_after(2.0, FakeBackend(), None)
    progress.add(1, 100)
    output = io.StringIO()
    with tqdm(total=50, unit=" rows", file=output, ncols=100) as bar:
        progress.show(bar, 50)
    assert "50/50" in output.getvalue()
    assert "rows/s, 50 characters/s]" in output.getvalue()
    assert progress.summary() == "50 rows, 1 distinct texts translated, 50 characters/s"


def test_a_run_that_translates_nothing_has_no_figures(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("text,n\n,1\n")
    summary = translate(FakeBackend(), source, tmp_path / "out.csv", "text", price=1.0)
    assert summary.notices == ["1 rows, 0 distinct texts translated"]


@pytest.mark.parametrize(
    ("workers", "count"),
    [
        (["cuda:0", "cuda:1"], 2),
        (["cuda:0+cuda:1", "cuda:0"], 2),
        (["cpu:0", "cpu:1"], 1),
        (["cpu"], 1),
    ],
)
def test_devices_are_counted_as_they_are_paid(workers: list[str], count: int) -> None:
    assert count_devices(workers) == count
