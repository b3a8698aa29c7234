"""`m2m-translate --ray` on a cluster of two nodes, with the bundled model."""

import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.agreement import near_best
from tests.e2e.conftest import ONE_CANDIDATE, TIMEOUT, in_process
from tests.e2e.test_cli import COMMAND, environment
from tests.process.cluster.conftest import Nodes
from translator import Translator

pytestmark = [pytest.mark.slow, pytest.mark.long]

__all__ = ["in_process"]  # a fixture


def test_a_folder_is_translated_by_the_nodes(
    nodes: Nodes,
    cache: Path,
    tmp_path: Path,
    in_process: Translator,
) -> None:
    first, last = "Where is the station?", "Thank you."
    (tmp_path / "in").mkdir()
    pq.write_table(pa.table({"text": [first, None, last]}), tmp_path / "in" / "a.parquet")
    (tmp_path / "in" / "b.csv").write_text("text\nThank you.\n")
    done = subprocess.run(
        [
            COMMAND, "--ray", nodes.address, "-s", "en", "-t", "de", "--cache", str(cache),
            *ONE_CANDIDATE, "--price-per-hour", "2", "--table", "--columns", "text",
            "in", "-o", "out",
        ],
        capture_output=True, text=True, timeout=TIMEOUT, check=False, env=environment(),
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "4 rows, 3 texts translated, " in done.stderr
    assert " per million characters" in done.stderr
    table = pq.read_table(tmp_path / "out" / "a.parquet").to_pydict()
    station, thanks = (near_best(in_process, text, "en", "de") for text in (first, last))
    assert table["text"] == [first, None, last]
    assert table["text_de"][0] in station
    assert table["text_de"][1] is None
    assert table["text_de"][2] in thanks
    assert (tmp_path / "out" / "b.csv").read_text().split("\n")[1].split(",")[1] in thanks
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.parquet", "b.csv"]


def test_a_language_that_the_model_lacks_ends_the_run(
    nodes: Nodes, cache: Path, tmp_path: Path
) -> None:
    """Only the actors know the model."""
    (tmp_path / "in.csv").write_text("text\nThank you.\n")
    done = subprocess.run(
        [
            COMMAND, "--ray", nodes.address, "-s", "en", "-t", "tlh", "--cache", str(cache),
            *ONE_CANDIDATE, "--table", "--columns", "text",
            str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"),
        ],
        capture_output=True, text=True, timeout=TIMEOUT, check=False, env=environment(),
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "m2m-translate: --target must be one of de, en, es, fr, nl (node " in done.stderr
    assert not (tmp_path / "out.csv").exists()
