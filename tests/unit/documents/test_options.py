"""Options of documents, as users write them."""

from dataclasses import fields
from pathlib import Path

from documents import OPTIONS, DocumentOptions, default_of
from documents.core.option_values import read_options


def test_every_option_can_be_written() -> None:
    assert set(OPTIONS) | {"source", "target"} == {each.name for each in fields(DocumentOptions)}


def test_defaults_read_as_if_nothing_was_written() -> None:
    written = {name: default_of(name) for name in OPTIONS}
    assert read_options(written, "de") == DocumentOptions("de")


def test_the_guide_lists_every_option_and_value() -> None:
    guide = Path(__file__).parents[3] / "docs" / "documents.md"
    rows = [line for line in guide.read_text().splitlines() if line.startswith("| `")]
    for name, choice in OPTIONS.items():
        [row] = [row for row in rows if row.startswith(f"| `{name}` ")]
        assert all(f"`{value}`" in row for value in choice.values)
        if choice.values:
            assert row.index(f"`{default_of(name)}`") == min(
                row.index(f"`{value}`") for value in choice.values
            )
