"""Every command in the documentation is run, and prints what is shown beside it."""

import re
from pathlib import Path

import pytest

from tests.conftest import Figure
from tests.docs.blocks import COMMANDS, DATA, ROOT, read_blocks
from tests.docs.reader import Reader, listening_at
from tests.docs.translations import Wording
from tests.e2e.conftest import Server

# Those of other files are marked as commands for a cluster or for containers, or have own tests.
FILES = [ROOT / "README.md"] + [
    ROOT / "docs" / f"{name}.md"
    for name in (
        "api", "jobs", "access", "bulk", "real-model", "tuning", "migrating", "troubleshooting",
    )
]  # fmt: skip


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_commands_do_what_is_shown(
    file: Path,
    tmp_path: Path,
    cache: Path,
    documented: Server,
    wording: Wording,
    figure: Figure,
) -> None:
    documented.wait_until("ok")  # another file may have restarted its worker
    ports = listening_at(documented)
    reader = Reader(tmp_path, cache, ports, wording)
    try:
        for block in read_blocks(file):
            if block.kind not in COMMANDS:
                continue
            if block.not_run is None:
                reader.read(block)
            else:
                figure(f"{block.place} not run: {block.not_run}")
    finally:
        reader.close()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_block_says_what_it_is(file: Path) -> None:
    blocks = read_blocks(file)
    outputs = sum(block.kind != "console" and block.output is not None for block in blocks)
    fences = re.findall(r"^\s*(?:```|~~~)", file.read_text("utf-8"), re.MULTILINE)
    assert len(fences) == 2 * (len(blocks) + outputs), "a fence is not understood"
    unknown = [b.place for b in blocks if b.kind not in COMMANDS | DATA]
    assert not unknown, "a block is sh, console, python (and run), or data"
