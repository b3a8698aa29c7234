"""One run: every input, line by line, through the backend to its output."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bulk.backend import Backend
from bulk.errors import BatchTextError
from bulk.file_pairs import FilePair
from bulk.lines import (
    Line,
    batches,
    measure,
    read_lines,
    read_section,
    render,
    texts,
    translations,
)
from bulk.output import Fingerprint, Output
from bulk.window import Window
from server.core.requests import Answer


@dataclass(frozen=True, slots=True)
class Options:
    """Options for all inputs of a run."""

    threads: int  # concurrent batches
    shard: tuple[int, int] = (0, 1)
    overwrite: bool = False
    progress: bool = False


@dataclass(slots=True)
class RunSummary:
    """What a run has done."""

    lines: int = 0  # written
    resumed: int = 0  # lines from an earlier run
    finished_before: int = 0  # outputs
    warnings: Counter[str] = field(default_factory=Counter)  # by code
    notices: list[str] = field(default_factory=list)  # about documents


class Run:
    """Translates inputs one after another, many batches of each concurrently."""

    def __init__(
        self, backend: Backend, options: Options, summary: RunSummary | None = None
    ) -> None:
        self._backend = backend
        self._options = options
        self._window = Window(self._translate, options.threads)
        self._name, self._unit = "", "line"  # of the batches in the window
        self.summary = summary or RunSummary()

    def translate(self, file_pair: FilePair) -> None:
        """Translate an input line by line. Raises BulkError; what has been written is kept."""
        if file_pair.source is None:
            self._write(file_pair, read_lines(sys.stdin.buffer, file_pair.name), None, None)
        elif not file_pair.source.is_file():  # such as a pipe, which can be read only once
            with file_pair.source.open("rb") as stream:
                self._write(file_pair, read_lines(stream, file_pair.name), None, None)
        else:
            section = measure(file_pair.source, self._options.shard)
            identity = {"lines": section.lines, "sha256": section.sha256}
            self._write(file_pair, read_section(section), section.lines, identity)

    def stop(self) -> None:
        """Start no further batch."""
        self._window.stop()

    def open(self, target: Path, identity: Fingerprint | None) -> Output:
        """Open an output; `identity` is that of its input, None if it has none."""
        fingerprint = None if identity is None else identity | self._backend.fingerprint
        output = Output(target, fingerprint, overwrite=self._options.overwrite)
        self.summary.finished_before += output.finished
        return output

    def _write(
        self,
        file_pair: FilePair,
        lines: Iterator[Line],
        total: int | None,
        identity: Fingerprint | None,
    ) -> None:
        if file_pair.target is None:
            self._translate_lines(file_pair.name, lines, total, 0, write_to_stdout)
            return
        with self.open(file_pair.target, identity) as output:
            if output.finished:
                return
            done = output.resume(lines)
            self.summary.resumed += done
            self._translate_lines(file_pair.name, lines, total, done, output.write)
            output.finish()

    def _translate_lines(
        self,
        name: str,
        lines: Iterator[Line],
        total: int | None,
        done: int,
        write: Callable[[bytes], None],
    ) -> None:
        with self.bar(name, " lines", total, done) as bar:
            for batch, answers in self.translated(name, "line", batches(lines)):
                write(render(batch, (answer.text for answer in answers)))
                self.summary.lines += len(batch)
                bar.update(len(batch))

    def translate_texts(self, name: str, parts: Sequence[str], bar: Any) -> list[str]:
        """Translate texts that are parts of `name`; line breaks in them are kept."""
        numbered = (Line(number, "", text, "") for number, text in enumerate(parts, 1))
        results: list[str] = []
        for batch, answers in self.translated(name, "text", batches(numbered)):
            results += translations(batch, (answer.text for answer in answers))
            bar.update(len(batch))
        return results

    def translated(
        self,
        name: str,
        unit: str,
        batches: Iterable[list[Line]],
        is_full: Callable[[], bool] = lambda: False,
    ) -> Iterator[tuple[list[Line], list[Answer]]]:
        """Yield batches with the answers to their lines that are not blank, in order.

        `name` and `unit` are for messages: one that cannot be translated is "NAME: UNIT 7". While
        `is_full` returns True, no further batches are taken. Raises BulkError.
        """
        self._name, self._unit = name, unit
        for batch, answers in self._window.map(batches, is_full):
            self.summary.warnings.update(code for answer in answers for code in answer.warnings)
            yield batch, answers

    def bar(self, name: str, unit: str, total: int | None, done: int = 0) -> Any:
        """Return a progress bar, which is invisible if progress is off."""
        return make_bar(name, unit, total, done, self._options)

    def _translate(self, batch: list[Line]) -> list[Answer]:
        """Translate the non-blank lines; called by the window's threads."""
        to_translate = texts(batch)
        try:
            return self._backend.translate(to_translate) if to_translate else []
        except BatchTextError as error:
            number = [line.number for line in batch if not line.blank][error.index]
            kind = type(error.reason)
            raise kind(f"{self._name}: {self._unit} {number}: {error.reason}") from error


def make_bar(name: str, unit: str, total: int | None, done: int, options: Options) -> Any:
    """Return a progress bar, which is invisible if progress is off."""
    return tqdm(
        desc=name,
        total=total,
        initial=done,
        unit=unit,
        disable=not options.progress,
        file=sys.stderr,
        dynamic_ncols=True,
    )


def write_to_stdout(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
