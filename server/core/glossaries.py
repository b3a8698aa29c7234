"""Glossaries in files: a folder with one `en-de.tsv` per pair of languages."""

import csv
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

Entries = tuple[tuple[str, str], ...]
Glossaries = Mapping[tuple[str, str], Entries]

MAX_CHARACTERS = 200  # of a term, and of its translation
_COLUMNS = 2


class GlossaryError(Exception):
    """A glossary file is invalid; the message names the file and the line."""


def load_glossaries(folder: Path | None, find: Callable[[str], str | None]) -> Glossaries:
    """Read every `SOURCE-TARGET.tsv` in a folder: one term, a tab, its translation per line.

    `find` returns the server's code of a language. Empty lines and those that begin with `#` are
    skipped. Raises GlossaryError.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        raise GlossaryError(f"{folder} is not a folder")
    return {_pair(file, find): tuple(_read(file).items()) for file in sorted(folder.glob("*.tsv"))}


def check_entry(term: str, translation: str) -> str | None:
    """Return what is wrong with a glossary entry; None if it is valid."""
    for what, text in (("a term", term), ("the translation of a term", translation)):
        if not text.strip():
            return f"{what} is empty"
        if len(text) > MAX_CHARACTERS:
            return f"{what} is longer than {MAX_CHARACTERS} characters"
        if not text.isprintable():
            return f"{what} contains a line break or another control character"
    return None


def occurring(entries: Collection[tuple[str, str]], text: str) -> Entries:
    """Return the entries whose terms occur in a text, ignoring case."""
    if not entries:
        return ()
    folded = text.casefold()
    return tuple(entry for entry in entries if entry[0].casefold() in folded)


def _pair(file: Path, find: Callable[[str], str | None]) -> tuple[str, str]:
    source, dash, target = file.stem.partition("-")
    pair = find(source), find(target)
    if not dash or pair[0] is None or pair[1] is None or pair[0] == pair[1]:
        raise GlossaryError(
            f"{file}: must be named after two languages of a model, such as en-de.tsv"
        )
    return pair[0], pair[1]


def _read(file: Path) -> dict[str, str]:
    entries: dict[str, str] = {}
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise GlossaryError(f"{file}: is not UTF-8") from None
    rows = csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    for number, row in enumerate(rows, start=1):
        if not row or row[0].startswith("#"):
            continue
        if len(row) != _COLUMNS:
            raise GlossaryError(f"{file}, line {number}: must be a term, a tab, its translation")
        wrong = check_entry(*row)
        if wrong is not None:
            raise GlossaryError(f"{file}, line {number}: {wrong}")
        if row[0] in entries:
            raise GlossaryError(f"{file}, line {number}: the term occurs twice")
        entries[row[0].strip()] = row[1].strip()
    return entries
