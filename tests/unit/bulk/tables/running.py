"""Runs `m2m-translate --table` in this process, with a backend that makes capital letters."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bulk.errors import RetryableError
from bulk.run import Options, Run, RunSummary
from bulk.tables.columns import ColumnChoice
from bulk.tables.table_set import make_table_set
from bulk.tables.translation import translate_tables
from server.core.requests import Answer


class FakeBackend:
    """Makes capital letters; the text "odd" has a warning, and after "dead" it is unreachable."""

    def __init__(self, translate: Callable[[str], str] = str.upper, tokens: int | None = None):
        self.fingerprint: dict[str, Any] = {"target": "de"}
        self.asked: list[str] = []
        self.tokens = tokens
        self._translate = translate
        self._lock = threading.Lock()

    def translate(self, texts: Sequence[str]) -> list[Answer]:
        if "dead" in texts:
            raise RetryableError("the server cannot be reached")
        with self._lock:
            self.asked += texts
        codes = {"odd": ("length", "repetition")}
        return [Answer(self._translate(text), "en", None, codes.get(text, ())) for text in texts]

    def count_devices(self) -> int:
        return 2

    def count_tokens(self) -> int | None:
        return self.tokens

    def close(self) -> None:
        pass


def translate(
    backend: FakeBackend,
    source: Path,
    target: Path,
    *columns: str,
    overwrite: bool = False,
    price: float | None = None,
) -> RunSummary:
    """Translate tables as the command does, with four threads."""
    tables = make_table_set([source], target, ColumnChoice(list(columns), "de"))
    tables.check()
    run = Run(backend, Options(4, overwrite=overwrite))
    try:
        translate_tables(run, backend, tables, price)
    finally:
        run.stop()
    return run.summary
