"""Columns are found by their exact names, and a mistake is answered with a suggestion."""

import pytest

from bulk.errors import InputError
from bulk.flag_types import names
from bulk.tables.columns import Column, ColumnChoice


def test_columns_are_in_the_order_of_the_request() -> None:
    found = ColumnChoice(["b", "a", "b"], "pt-BR")("t", ["a", "b"])
    assert found == [Column(1, "b", "b_pt-BR"), Column(0, "a", "a_pt-BR")]
    assert found[0].warnings == "b_pt-BR_warnings"


@pytest.mark.parametrize(
    ("wanted", "names", "message"),
    [
        (["texts"], ["id", "text"], "t has no column texts; did you mean text?"),
        (["Text"], ["id", "text"], "did you mean text?"),
        (["zz"], ["id", "text"], "its columns are id, text"),
        (["zz"], [f"c{n}" for n in range(30)], "c19 and 10 more"),
        ([], ["id", "text"], "--table needs --columns; those of t are id, text"),
        (["a"], ["a", "a"], "t has 2 columns a"),
        (["a"], ["a", "a_de"], "already has a column a_de"),
        (["a"], ["a", "a_de_warnings"], "already has a column a_de_warnings"),
    ],
)
def test_mistakes_are_explained(wanted: list[str], names: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        ColumnChoice(wanted, "de")("t", names)


def test_names_with_commas_are_quoted() -> None:
    assert names('title, text,"a, b"') == ["title", "text", "a, b"]
    assert names("") == []
