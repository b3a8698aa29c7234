"""No-break spaces are put back where a model wrote blanks."""

import pytest

from documents.core.no_break_spaces import restore_no_break_spaces


@pytest.mark.parametrize(
    ("source", "translation", "restored"),
    [
        ("2\xa0m high", "2 m hoch", "2\xa0m hoch"),
        ("5\u202fkilometres", "5 Kilometer", "5\u202fKilometer"),
        ("Mr.\xa0Smith said", "Herr Smith sagte", "Herr\xa0Smith sagte"),
        ("5\xa0000\xa0€", "5 000 €", "5\xa0000\xa0€"),
        ("1\xa0m and 1\xa0m", "1 m und 1 m", "1\xa0m und 1\xa0m"),
        ("so\xa0and so", "das und das", "das und das"),
        ("\xa0a\xa0", "b c", "b c"),
        ("2\xa0m", "2\xa0m", "2\xa0m"),
        ("no", "nein", "nein"),
    ],
)
def test_no_break_spaces_are_restored(source: str, translation: str, restored: str) -> None:
    assert restore_no_break_spaces(source, translation) == restored
