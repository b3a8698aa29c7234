"""Whole documents: their texts are translated, everything else is kept byte by byte."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from bulk.errors import InputError
from bulk.file_pairs import FilePair
from bulk.run import Run, write_to_stdout
from documents import (
    FORMATS,
    OPTIONS,
    DocumentError,
    DocumentOptions,
    OptionError,
    Rounds,
    TranslatedFile,
    format_of,
    run_rounds,
    why_unread,
)
from server.core.documents import document_options, open_document

_GROUP_BYTES = 256 * 2**10  # of small documents that are translated together


@dataclass(frozen=True, slots=True)
class _Document:
    file_pair: FilePair
    data: bytes
    options: DocumentOptions

    def rounds(self) -> Rounds[TranslatedFile]:
        """Return the document's rounds; errors in them name the document."""
        try:
            return (yield from open_document(self.file_pair.name, self.data, self.options))
        except DocumentError as error:
            raise InputError(f"{self.file_pair.name}: {error}") from error


@dataclass(frozen=True, slots=True)
class DocumentSet:
    """Inputs in known formats, and the options for those that read them."""

    file_pairs: Sequence[FilePair]
    languages: tuple[str, str]  # source and target
    options: Mapping[str, str]

    def check(self) -> None:
        """Raise InputError unless all formats are known, and each option is read by one of them."""
        known = ", ".join(sorted(FORMATS))
        read: set[str] = set()
        for file_pair in self.file_pairs:
            if file_pair.source is None:
                raise InputError(f"--documents needs files with one of the suffixes {known}")
            if reason := why_unread(file_pair.name):
                raise InputError(f"{file_pair.name}: {reason}")
            its_format = format_of(file_pair.name)
            assert its_format is not None, "it is read"
            read |= its_format.options
            self.options_of(file_pair)
        for name in self.options:
            if name not in OPTIONS:
                raise InputError(f"--option: the options are {', '.join(OPTIONS)}")
            if name not in read:
                raise InputError(f"--option: {name} has no effect on these files")

    def options_of(self, file_pair: FilePair) -> DocumentOptions:
        """Return the options of a document. Raises InputError."""
        its_format = format_of(file_pair.name)
        assert its_format is not None, "checked before"
        values = {name: self.options[name] for name in self.options if name in its_format.options}
        try:
            return document_options(file_pair.name, values, *self.languages)
        except OptionError as error:
            raise InputError(f"--option: {error}") from None


def translate_documents(run: Run, documents: DocumentSet) -> None:
    """Translate documents in known formats, small ones together. Raises BulkError."""
    for group in _groups(documents):
        _translate_group(run, group)


def _groups(documents: DocumentSet) -> Iterator[list[_Document]]:
    group: list[_Document] = []
    size = 0
    for file_pair in documents.file_pairs:
        assert file_pair.source is not None
        options = documents.options_of(file_pair)
        document = _Document(file_pair, file_pair.source.read_bytes(), options)
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
        for (document, write), result in zip(pending, results, strict=True):
            write(result.data)
            run.summary.notices += [f"{document.file_pair.name}: {each}" for each in result.notices]


def _destination(
    run: Run, document: _Document, outputs: ExitStack
) -> Callable[[bytes], None] | None:
    """Return a function that writes the translated document; None if it is already finished."""
    if document.file_pair.target is None:
        return write_to_stdout
    identity = {
        "document": hashlib.sha256(document.data).hexdigest(),
        "options": json.loads(json.dumps(asdict(document.options))),  # without tuples
    }
    output = outputs.enter_context(run.open(document.file_pair.target, identity))
    if output.finished:
        return None
    output.clear()

    def write(result: bytes) -> None:
        output.write(result)
        output.finish()

    return write
