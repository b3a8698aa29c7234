"""Gathering the sources of text: prepared files first, else Debian packages."""

from collections.abc import Mapping
from pathlib import Path

from training.corpus import OTHERS, PIVOT
from training.reading import Files
from training.sources.packages import PackageError
from training.sources.preparing import prepare
from training.sources.table import Source, read_table


def find_files(folder: Path, table: Mapping[str, Source]) -> Files:
    """Return the prepared files of a folder by source and language.

    Raises ValueError naming a file whose source is not in the table: its licence is unknown.
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
    """Return the files of all available sources.

    `prepared` is the user's folder of prepared files. Sources that it lacks are made from Debian
    packages, once, in the folder `made`. Missing sources are printed: the model learns less
    without them.
    """
    table = read_table()
    files = find_files(prepared, table) if prepared else {}
    for source in table.values():
        if source in files:
            continue
        if source.rule is None:
            print(f"without {source.name} ({source.origin}): name a folder with it, SOURCES=…")
            continue
        if source not in find_files(made, table):
            try:
                print(prepare(source, made), flush=True)
            except PackageError as error:
                print(f"without {source.name} ({source.origin}): {error}")
    return {**find_files(made, table), **files}
