"""The tables of a run: files, or those of a folder, and their outputs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from json import loads
from pathlib import Path

from bulk.errors import InputError
from bulk.file_pairs import FilePair, make_file_pairs
from bulk.tables.columns import ColumnChoice
from bulk.tables.table import SUFFIXES, Table, open_table, output_suffix

_STATE = "state.json"  # of a dataset that the library datasets has saved


@dataclass(frozen=True, slots=True)
class TableSet:
    """Tables whose columns are chosen. `output` is a file or a folder."""

    file_pairs: Sequence[FilePair]
    output: Path
    choice: ColumnChoice

    def check(self) -> None:
        """Raise InputError unless all tables have the columns, before a model is loaded."""
        for source, target in self.paths():
            suffix = output_suffix(source.suffix.lower())
            open_table(source, self.choice)
            if target.suffix.lower() != suffix:
                raise InputError(f"the output of {source} must end with {suffix}")

    def paths(self) -> Iterator[tuple[Path, Path]]:
        """Yield inputs and outputs."""
        for pair in self.file_pairs:
            assert pair.source is not None, "tables are files"
            assert pair.target is not None, "they have outputs"
            yield pair.source, pair.target

    def open(self) -> Iterator[tuple[Path, Path, Table]]:
        """Yield inputs, outputs and tables. Raises InputError."""
        for source, target in self.paths():
            yield source, target, open_table(source, self.choice)


def make_table_set(files: Sequence[Path], output: Path | None, choice: ColumnChoice) -> TableSet:
    """Find tables and outputs; create the folders of these. Raises InputError."""
    if output is None or not files or files == [Path("-")]:
        raise InputError("--table needs files, or a folder of tables, and --output")
    if len(files) > 1 or not files[0].is_dir():
        pairs = make_file_pairs(files, output)
        if output.is_dir():
            pairs = [FilePair(pair.source, _renamed(pair.target)) for pair in pairs]
        return TableSet(pairs, output, choice)
    return TableSet(_folder_pairs(files[0], output), output, choice)


def _folder_pairs(folder: Path, output: Path) -> list[FilePair]:
    if output.exists() and not output.is_dir():
        raise InputError(f"{output} is not a folder, which the tables of a folder need")
    if output.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{output} is in the folder of the input")
    tables = list(_tables(folder))
    if not tables:
        raise InputError(f"{folder} has no tables ({', '.join(sorted(SUFFIXES))})")
    pairs = [FilePair(table, _renamed(output / table.relative_to(folder))) for table in tables]
    if len({pair.target for pair in pairs}) < len(pairs):
        raise InputError(f"two tables in {folder} would have the same output")
    for pair in pairs:
        assert pair.target is not None, "it has just been made"
        pair.target.parent.mkdir(parents=True, exist_ok=True)
    return pairs


def _renamed(target: Path | None) -> Path:
    assert target is not None, "there is an output"
    return target.with_suffix(output_suffix(target.suffix.lower()))


def _tables(folder: Path) -> Iterator[Path]:
    """Yield tables; of a saved dataset the data, not the caches that may be beside them."""
    state = folder / _STATE
    if state.is_file():
        yield from _data_files(state)
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _tables(path)
        elif path.suffix.lower() in SUFFIXES:
            yield path


def _data_files(state: Path) -> Iterable[Path]:
    try:
        names = [entry["filename"] for entry in loads(state.read_bytes())["_data_files"]]
        files = [state.parent / name for name in names]
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{state} does not name the files of a dataset") from None
    for file in files:
        if file.parent != state.parent or not file.is_file():
            raise InputError(f"{state} names a file that is missing")
    return files
