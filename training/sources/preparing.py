"""Makes the prepared files of a source, reproducibly: the same bytes from the same packages."""

import gzip
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from training.corpus import OTHERS, PIVOT, SentencePair
from training.sources.aligned_pages import libreoffice, pages
from training.sources.gettext_catalogues import catalogues
from training.sources.packages import available, download, unpack
from training.sources.records import Record
from training.sources.table import Source, held_out_documents

Rule = Callable[[Mapping[str, Path]], Iterator[Record]]
RULES: dict[str, Rule] = {"gettext": catalogues, "libreoffice": libreoffice, "pages": pages}


@dataclass(frozen=True)
class Written:
    """The result of one source: pairs by language, and the words of their English sides."""

    source: str
    pairs: Mapping[str, int]
    words: Mapping[str, int]
    missing: tuple[str, ...]  # packages that this release of Debian does not have

    def __str__(self) -> str:
        counts = (
            f"{PIVOT}-{language} {pairs:,} pairs, {self.words[language]:,} words"
            for language, pairs in self.pairs.items()
        )
        missing = f"; not in this release: {', '.join(self.missing)}" if self.missing else ""
        return f"{self.source}: {'; '.join(counts)}{missing}"


def prepare(source: Source, folder: Path, kept: Path | None = None) -> Written:
    """Download the packages of a source, extract its pairs and write its files into the folder.

    Packages are kept in `kept` for later runs; without it they are deleted afterwards.
    """
    if source.rule is None:
        raise ValueError(f"{source.name}: no rule to make it; it exists only as prepared files")
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = available(source.packages)
        names = [name for name in found.values() if name is not None]
        roots = {name: scratch / "unpacked" / name for name in names}
        for name, file in download(names, kept or scratch / "packages").items():
            unpack(file, roots[name])
        pairs = collect(RULES[source.rule](roots), held_out_documents())
    missing = tuple(pattern for pattern, name in found.items() if name is None)
    return _write(source.name, pairs, folder, missing)


def collect(records: Iterable[Record], held_out: frozenset[str]) -> dict[str, list[SentencePair]]:
    """Return the distinct pairs by language, sorted, without those of the held-out documents."""
    pairs: dict[str, set[SentencePair]] = defaultdict(set)
    for record in records:
        if record.document not in held_out:
            for language in OTHERS:
                if language in record.texts:
                    pairs[language].add((record.texts[PIVOT], record.texts[language]))
    return {language: sorted(pairs[language]) for language in OTHERS}


def write_pairs(pairs: Iterable[SentencePair], path: Path) -> None:
    """Write a prepared file, without name and time in it, so that equal text gives equal bytes."""
    with (
        path.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed,
    ):
        for english, other in pairs:
            packed.write(f"{english}\t{other}\n".encode())


def _write(
    name: str, pairs: Mapping[str, list[SentencePair]], folder: Path, missing: tuple[str, ...]
) -> Written:
    folder.mkdir(parents=True, exist_ok=True)
    for language, found in pairs.items():
        write_pairs(found, folder / f"{name}.{PIVOT}-{language}.tsv.gz")
    return Written(
        name,
        {language: len(found) for language, found in pairs.items()},
        {
            language: sum(len(english.split()) for english, _ in found)
            for language, found in pairs.items()
        },
        missing,
    )
