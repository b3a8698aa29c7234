"""docs/kept.md is what the table says."""

from pathlib import Path

from translator.text.kept_page import render
from translator.text.token_table import TABLE

PAGE = Path(__file__).parents[4] / "docs" / "kept.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run `make kept-page`"


def test_every_kind_has_a_row() -> None:
    assert all(f"| {kind.name} |" in render() for kind in TABLE)
