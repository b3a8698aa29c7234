"""Each row of the table keeps its examples, whatever is beside them, and leaves the others."""

import pytest

from translator.text.protected_tokens import table_tokens
from translator.text.token_table import TABLE, TokenKind

KEPT = [(kind.name, example) for kind in TABLE for example in kind.kept]
TRANSLATED = [(kind.name, example) for kind in TABLE for example in kind.translated]


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in table_tokens(text)]


@pytest.mark.parametrize(("kind", "example"), KEPT)
def test_examples_are_kept(kind: str, example: str) -> None:
    texts = [example, f"Use {example} now.", f"See {example}, please.", f"one\n{example}\ntwo"]
    if kind != "emoticon":  # ":)" in parentheses is not clear to people either
        texts.append(f"Read it ({example}).")
    for text in texts:
        assert found(text) == [example], text


@pytest.mark.parametrize(("kind", "example"), TRANSLATED)
def test_other_examples_are_translated(kind: str, example: str) -> None:
    assert found(f"This is {example} here.") == [], kind


def test_names_are_unique() -> None:
    assert len({kind.name for kind in TABLE}) == len(TABLE)


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.name)
def test_every_row_has_an_example(kind: TokenKind) -> None:
    assert kind.kept


@pytest.mark.parametrize(
    "text",
    [
        "The cat sat on the mat, and nobody knew why (it was there).",
        "Er ist 12 Jahre alt, z.B. seit gestern; oder?",
        "Das kostet 1.234,50 Euro oder 3 Pfund.",
        "“Yes” – she said… “No!”",
        "Привет, как дела? У меня 2-й ряд.",
        "これはペンです。第3章",
        "I'm a well-known, 10-year-old boy from the mid-1990s.",
        "Mr. O'Neill and Mr. McDonald met at St. Mary's.",
    ],
)
def test_plain_text_has_no_tokens(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("It costs $x and %5.1f%%.", ["$x", "%5.1f", "%%"]),
        ("%Y-%m-%d", ["%Y", "%m", "%d"]),
        ("a🙂b", ["🙂"]),
        ("見てhttps://a.org/bを", ["https://a.org/b"]),
        ("(see https://a.org/b).", ["https://a.org/b"]),
        ("Tom@home", []),
        ("Call 5 km/h and 20 °C.", ["5 km/h", "20 °C"]),
    ],
)
def test_tokens_beside_other_characters(text: str, tokens: list[str]) -> None:
    assert found(text) == tokens
