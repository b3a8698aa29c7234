"""Bringing the sources of text together: prepared files first, else what can be installed."""

from collections.abc import Mapping
from pathlib import Path

from training.corpus import OTHERS, PIVOT
from training.reading import Files
from training.sources.packages import PackageError
from training.sources.preparing import prepare
from training.sources.table import Source, read_table


def find_files(folder: Path, table: Mapping[str, Source]) -> Files:
    """Return the prepared files of a folder by source and language.

    Raises ValueError naming a file whose source the table does not know: its licence is unknown.
    """
    files: dict[Source, dict[str, Path]] = {}
    for path in sorted(folder.glob(f"*.{PIVOT}-*.tsv.gz")):
        name, _, pair = path.name.removesuffix(".tsv.gz").partition(".")
        language = pair.removeprefix(f"{PIVOT}-")
        if name not in table or language not in OTHERS:
            raise ValueError(f"{path.name}: not a source of training/sources/packages.toml")
        files.setdefault(table[name], {})[language] = path
    return files


def gather(prepared: Path | None, made: Path) -> Files:
    """Return the files of all sources that can be had.

    `prepared` is somebody's folder of prepared files; what it lacks and Debian's packages have is
    made in the folder `made`, once. What is missing is said, for the model learns less without.
    """
    table = read_table()
    files = find_files(prepared, table) if prepared else {}
    for source in table.values():
        if source in files:
            continue
        if source.rule is None:
            print(f"without {source.name} ({source.origin}): name a folder that has it, SOURCES=…")
            continue
        if source not in find_files(made, table):
            try:
                print(prepare(source, made), flush=True)
            except PackageError as error:
                print(f"without {source.name} ({source.origin}): {error}")
    return {**find_files(made, table), **files}
