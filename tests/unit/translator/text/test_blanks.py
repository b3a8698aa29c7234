"""White space of the model is made simple; wide blanks of the source are put back."""

import pytest

from translator.text.blanks import restored_blanks, single_blanks


def test_single_blanks() -> None:
    assert single_blanks("  Siehe\t das\n\nHaus. ") == "Siehe das Haus."
    assert single_blanks("Siehe\u00a0das") == "Siehe\u00a0das"


@pytest.mark.parametrize(
    ("source", "translation", "expected"),
    [
        ("The old  house is big.", "Das alte Haus ist groß.", "Das alte  Haus ist groß."),
        ("a  b   c", "x y z", "x  y   z"),
        ("The  house", "Haus", "Haus"),
        ("The  house", "これは家です", "これは家です"),
        ("The house", "Das Haus", "Das Haus"),
        ("I  am at 5 km", "Bei 5 km bin ich", "Bei  5 km bin ich"),
    ],
)
def test_wide_blanks(source: str, translation: str, expected: str) -> None:
    assert restored_blanks(source, translation) == expected
