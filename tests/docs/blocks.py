"""The fenced blocks of a Markdown file, and what comments above them say to the test."""

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
# Commands are in `sh` (a script), `console` (with `$ ` and the output) and `python`; a `text` that
# follows a script is its output. The rest is data.
COMMANDS = frozenset({"sh", "console", "python"})
DATA = frozenset({"text", "json", "toml", "yaml", "nginx"})

_FENCE = re.compile(r"^([ ]*)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
# A block that cannot be run here says why, one that is run in another form says in which:
# <!-- not run: it needs a GPU -->
# <!-- run with: facebook/m2m100_418M = bundled -->
_COMMENT = re.compile(r"<!-- (not run|run with): (.+?) -->\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a file; `place` is `docs/api.md:12`."""

    place: str
    kind: str
    text: str
    output: str | None = None  # None: none is shown
    not_run: str | None = None
    replaced: tuple[tuple[str, str], ...] = ()

    @property
    def script(self) -> str:
        """The commands alone, in the form in which they are run."""
        script = self.text if self.kind != "console" else _typed(self.text)
        for old, new in self.replaced:
            assert old in script, f"{self.place}: {old!r} is not in the block"
            script = script.replace(old, new)
        return script


def read_blocks(file: Path) -> list[Block]:
    """Return the blocks of a file; the output that follows a script is a part of it."""
    blocks: list[Block] = []
    previous_end = -1
    markdown = file.read_text("utf-8")
    for match in _FENCE.finditer(markdown):
        block = _make(file, markdown, match)
        between = markdown[previous_end : match.start()] if blocks else "x"
        if block.kind == "text" and not between.strip() and blocks[-1].kind in COMMANDS:
            last = blocks.pop()
            block = Block(last.place, last.kind, last.text, block.text, last.not_run, last.replaced)
        blocks.append(block)
        previous_end = match.end()
    return blocks


def _make(file: Path, markdown: str, match: re.Match[str]) -> Block:
    place = f"{os.path.relpath(file, ROOT)}:{markdown.count(chr(10), 0, match.start()) + 1}"
    _, kind, text = match.groups()
    text = dedent(text)  # a block within a list
    above = markdown[: match.start()]
    comment = _COMMENT.search(above[above.rfind("```") + 1 :])
    not_run: str | None = None
    replaced: tuple[tuple[str, str], ...] = ()
    if comment and comment[1] == "not run":
        not_run = comment[2]
    elif comment:
        replaced = tuple(_pairs(comment[2]))
    output = _shown(text) if kind == "console" else None
    return Block(place, kind, text, output, not_run, replaced)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split(", "):
        old, new = part.split(" = ")
        yield old, new


def _typed(text: str) -> str:
    """Return what a reader types: the lines after `$ `, and those that continue them."""
    return "".join(line for line, typed in _lines(text) if typed)


def _shown(text: str) -> str:
    return "".join(line for line, typed in _lines(text) if not typed)


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the lines of a console without `$ `, and whether they were typed."""
    command = ""  # so far, as long as it goes on
    for line in text.splitlines(keepends=True):
        typed = bool(command) or line.startswith("$ ")
        shown = line if command else line.removeprefix("$ ")
        yield shown, typed
        command = command + shown if typed and _goes_on(command + shown) else ""


def _goes_on(command: str) -> bool:
    """Return True if a shell would wait for more: after a backslash, within quotes."""
    if command.endswith("\\\n"):
        return True
    try:
        shlex.split(command)
    except ValueError:
        return True
    return False
