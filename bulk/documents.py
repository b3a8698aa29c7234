"""Whole documents: their texts are translated, everything else is kept byte by byte."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from bulk.errors import InputError
from bulk.run import FilePair, Run, write_to_stdout
from documents import FORMATS, DocumentError, Rounds, run_rounds

_GROUP_BYTES = 256 * 2**10  # of small documents that are translated together


@dataclass(frozen=True, slots=True)
class _Document:
    file_pair: FilePair
    suffix: str
    data: bytes

    def rounds(self) -> Rounds[bytes]:
        """Return the document's rounds; errors in them name the document."""
        try:
            return (yield from FORMATS[self.suffix](self.data))
        except DocumentError as error:
            raise InputError(f"{self.file_pair.name}: {error}") from error


def check_formats(file_pairs: Iterable[FilePair]) -> None:
    """Raise InputError unless every input is a file in a known format."""
    known = ", ".join(sorted(FORMATS))
    for file_pair in file_pairs:
        if file_pair.source is None:
            raise InputError(f"--documents needs files with one of the suffixes {known}")
        if file_pair.source.suffix.lower() not in FORMATS:
            raise InputError(f"{file_pair.name}: --documents supports these suffixes: {known}")


def translate_documents(run: Run, file_pairs: Iterable[FilePair]) -> None:
    """Translate documents in known formats, small ones together. Raises BulkError."""
    for group in _groups(file_pairs):
        _translate_group(run, group)


def _groups(file_pairs: Iterable[FilePair]) -> Iterator[list[_Document]]:
    group: list[_Document] = []
    size = 0
    for file_pair in file_pairs:
        assert file_pair.source is not None
        document = _Document(
            file_pair, file_pair.source.suffix.lower(), file_pair.source.read_bytes()
        )
        if group and size + len(document.data) > _GROUP_BYTES:
            yield group
            group, size = [], 0
        group.append(document)
        size += len(document.data)
    if group:
        yield group


def _translate_group(run: Run, group: Sequence[_Document]) -> None:
    """Translate documents together, then write them all."""
    with ExitStack() as outputs:
        pending = [
            (document, write)
            for document in group
            if (write := _destination(run, document, outputs)) is not None
        ]
        name = ", ".join(document.file_pair.name for document, _ in pending)
        with run.bar(name, " texts", 0) as bar:

            def translate(texts: list[str]) -> list[str]:
                bar.total += len(texts)
                return run.translate_texts(name, texts, bar)

            results = run_rounds((document.rounds() for document, _ in pending), translate)
        for (_, write), result in zip(pending, results, strict=True):
            write(result)


def _destination(
    run: Run, document: _Document, outputs: ExitStack
) -> Callable[[bytes], None] | None:
    """Return a function that writes the translated document; None if it is already finished."""
    if document.file_pair.target is None:
        return write_to_stdout
    identity = {"document": hashlib.sha256(document.data).hexdigest()}
    output = outputs.enter_context(run.open(document.file_pair.target, identity))
    if output.finished:
        return None
    output.clear()

    def write(result: bytes) -> None:
        output.write(result)
        output.finish()

    return write
