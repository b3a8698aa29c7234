"""What the documentation refers to is there: files, headings, flags, variables, routes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from server.core.settings import Settings
from server.core.settings_sources import flag, variable
from tests.docs.blocks import ROOT
from tests.docs.test_commands import FILES
from tests.e2e.conftest import Server

GUIDES = [ROOT / "docs" / f"{name}.md" for name in ("api", "jobs", "migrating")]
ALL = sorted(
    {*FILES, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")}
)
_LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")
_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+\b")
_COMMANDS = (["m2m-translate"], ["m2m-server", "fetch"], ["m2m-server", "key"])
_OTHERS_FLAGS = {
    "--dry-run",  # make's
    *("--wheel-dir", "--no-index", "--find-links"),  # pip's
    *(
        "--char-limit",
        "--req-limit",
        "--batch-limit",
        "--load-only",
        "--suggestions",
    ),  # LibreTranslate's
}


def _text(file: Path) -> str:
    return file.read_text("utf-8")


def _anchors(file: Path) -> set[str]:
    """Return the fragments by which GitHub reaches the headings of a file."""
    headings = re.findall(r"^#+ (.+)$", _text(file), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("file", ALL, ids=lambda file: file.stem)
def test_links_lead_somewhere(file: Path) -> None:
    for path, anchor in _LINK.findall(_text(file)):
        target = (file.parent / path).resolve() if path else file
        assert target.exists(), f"{path} is not there"
        if anchor:
            assert anchor in _anchors(target), f"{path}#{anchor}: no such heading"


def test_every_route_is_shown(documented: Server) -> None:
    shown = "".join(map(_text, GUIDES))
    for path, operations in documented.get("/openapi.json")["paths"].items():
        told = path.replace("{job_id}", "ID").removeprefix("/translation/jobs/ID")
        assert told in shown, f"{', '.join(operations)} {path} is in none of the guides"


@pytest.fixture(scope="module")
def flags() -> set[str]:
    known = {flag(name) for name in Settings.model_fields}
    switches = [name for name, field in Settings.model_fields.items() if field.annotation is bool]
    known |= {flag(name).replace("--", "--no-", 1) for name in switches}
    binaries = Path(sys.executable).parent
    for name, *arguments in _COMMANDS:
        command = [str(binaries / name), *arguments, "--help"]
        helped = subprocess.run(command, capture_output=True, text=True, check=True)
        known |= set(_FLAG.findall(helped.stdout))
    return known | _OTHERS_FLAGS


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_flags_and_variables_are_real(file: Path, flags: set[str]) -> None:
    assert set(_FLAG.findall(_text(file))) <= flags
    variables = {variable(name) for name in Settings.model_fields}
    assert set(re.findall(r"\bTRANSLATION_[A-Z_]+\b", _text(file))) <= variables
