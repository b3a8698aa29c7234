"""Values of data files that are for a program."""

import pytest

from documents.core.identifiers import is_identifier


@pytest.mark.parametrize(
    "value",
    [
        "btn-12", "snake_case", "CONSTANT_CASE", "camelCase", "aName", "ButtonPrimary", "en-US",
        "pt_BR", "zh-Hant", "zh-Hant-TW", "es-419", "3f2b8c1e-0000-4000-8000-000000000000",
        "#ff00aa", "/a/b", "mt-4 text-lg", "flex items-center", "md:w-1/2 px-4",
        "../house.png", "images/house.png", "com.example.app", "java.lang.String", "text/html",
        "https://example.com/a?b=c", "a@example.com", "btn btn-primary mt-4",
    ],
)  # fmt: skip
def test_identifiers_stay(value: str) -> None:
    assert is_identifier(value)


@pytest.mark.parametrize(
    "value",
    [
        "House", "house", "OK", "Good morning.", "Yes/No", "well done", "A house", "It-Ab", "e.g.",
        "No. 5", "up-to-date version", "well-known fact", "Haus", "x",
    ],
)  # fmt: skip
def test_texts_do_not(value: str) -> None:
    assert not is_identifier(value)
