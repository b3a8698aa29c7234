"""Which output belongs to which input."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bulk.errors import InputError


@dataclass(frozen=True, slots=True)
class FilePair:
    """One input and its output; None: standard input, standard output."""

    source: Path | None
    target: Path | None

    @property
    def name(self) -> str:
        """The input's name in messages."""
        return "standard input" if self.source is None else str(self.source)


def make_file_pairs(files: Sequence[Path], output: Path | None) -> list[FilePair]:
    """Pair inputs with outputs. Raises InputError.

    In an output folder, which several inputs require, each file has the name of its input.
    """
    if not files or files == [Path("-")]:
        if output is not None and output.is_dir():
            raise InputError(f"{output} is a folder; standard input has no file name")
        return [FilePair(None, output)]
    for file in files:
        if not file.exists() or file.is_dir():
            raise InputError(f"{file} is {'a folder' if file.exists() else 'missing'}")
    if output is None and len(files) > 1:
        raise InputError("several inputs need a folder for their outputs: --output FOLDER")
    if output is None or (len(files) == 1 and not output.is_dir()):
        file_pairs = [FilePair(files[0], output)]
    else:
        file_pairs = _into_folder(files, output)
    for file_pair in file_pairs:
        if (
            file_pair.source
            and file_pair.target
            and file_pair.source.resolve() == file_pair.target.resolve()
        ):
            raise InputError(f"{file_pair.source} is both input and output")
    return file_pairs


def _into_folder(files: Sequence[Path], folder: Path) -> list[FilePair]:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is not a folder, which several inputs need")
    if len({file.name for file in files}) < len(files):
        raise InputError("two inputs have the same name, so their outputs would, too")
    folder.mkdir(parents=True, exist_ok=True)
    return [FilePair(file, folder / file.name) for file in files]
