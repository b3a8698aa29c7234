"""A folder stands for the tables in it; a saved dataset for its data files."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bulk.errors import InputError
from bulk.tables.columns import ColumnChoice
from bulk.tables.table_set import make_table_set
from tests.unit.bulk.tables.running import FakeBackend, translate
from tests.unit.bulk.tables.test_arrow_tables import write_stream

CHOICE = ColumnChoice(["text"], "de")


def saved_split(folder: Path, *shards: list[str]) -> None:
    """Write what `Dataset.save_to_disk` writes, and a cache that its `map` leaves there."""
    folder.mkdir(parents=True)
    names = [f"data-{i:05}-of-{len(shards):05}.arrow" for i in range(len(shards))]
    for name, texts in zip(names, shards, strict=True):
        write_stream(folder / name, pa.table({"text": texts}))
    write_stream(folder / "cache-0123.arrow", pa.table({"other": [1]}))
    state = {"_data_files": [{"filename": name} for name in names], "_split": folder.name}
    (folder / "state.json").write_text(json.dumps(state))
    (folder / "dataset_info.json").write_text("{}")


def test_a_saved_dataset_becomes_parquet_shards(tmp_path: Path) -> None:
    source, target = tmp_path / "saved", tmp_path / "out"
    saved_split(source / "train", ["one", "two"], ["two", "three"])
    saved_split(source / "test", ["one"])
    (source / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    backend = FakeBackend()
    translate(backend, source, target, "text")
    assert sorted(backend.asked) == ["one", "three", "two"]  # once in all shards
    found = {
        str(path.relative_to(target)): pq.read_table(path).column("text_de").to_pylist()
        for path in target.rglob("*.parquet")
    }
    assert found == {
        "train/data-00000-of-00002.parquet": ["ONE", "TWO"],
        "train/data-00001-of-00002.parquet": ["TWO", "THREE"],
        "test/data-00000-of-00001.parquet": ["ONE"],
    }


def test_a_folder_of_shards_keeps_its_form(tmp_path: Path) -> None:
    source, target = tmp_path / "hub", tmp_path / "out"
    (source / "data").mkdir(parents=True)
    pq.write_table(pa.table({"text": ["one"]}), source / "data" / "train-00000-of-00001.parquet")
    (source / "extra.csv").write_text("text\ntwo\n")
    (source / "README.md").write_text("# A dataset")
    (source / ".cache").mkdir()
    (source / ".cache" / "x.csv").write_text("other\n")
    summary = translate(FakeBackend(), source, target, "text")
    assert sorted(p.relative_to(target).as_posix() for p in target.rglob("*.*")) == [
        "data/train-00000-of-00001.parquet",
        "data/train-00000-of-00001.parquet.partial.json",
        "extra.csv",
        "extra.csv.partial.json",
    ]  # fmt: skip - the command removes the sidecars at its end
    assert summary.finished_before == 0
    assert translate(FakeBackend(), source, target, "text").finished_before == 2


@pytest.mark.parametrize(
    ("files", "output", "message"),
    [
        (["a.csv"], None, "--table needs files, or a folder of tables, and --output"),
        ([], "out", "--table needs files"),
        (["-"], "out", "--table needs files"),
        (["folder"], "a.csv", "a.csv is not a folder"),
        (["folder"], "folder/out", "folder/out is in the folder of the input"),
        (["empty"], "out", "empty has no tables"),
        (["broken"], "out", "does not name the files of a dataset"),
        (["missing"], "out", "names a file that is missing"),
        (["twice"], "out", "would have the same output"),
        (["a.csv"], "out.parquet", r"the output of \S+a.csv must end with .csv"),
        (["folder", "a.csv"], "out", "folder is a folder"),
    ],
)
def test_what_cannot_be_done_is_refused(
    tmp_path: Path, files: list[str], output: str | None, message: str
) -> None:
    (tmp_path / "a.csv").write_text("text\n")
    for name in ("folder", "empty", "broken", "missing", "twice"):
        (tmp_path / name).mkdir()
    (tmp_path / "folder" / "b.csv").write_text("text\n")
    (tmp_path / "broken" / "state.json").write_text("[]")
    (tmp_path / "missing" / "state.json").write_text('{"_data_files": [{"filename": "../a.csv"}]}')
    for name in ("x.arrow", "x.parquet"):
        (tmp_path / "twice" / name).touch()
    inputs = [Path(name) if name == "-" else tmp_path / name for name in files]
    with pytest.raises(InputError, match=message):
        make_table_set(inputs, output and tmp_path / output, CHOICE).check()  # type: ignore[arg-type]
