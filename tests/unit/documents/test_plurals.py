"""Plural rules by language."""

import pytest

from documents.core.plurals import gettext_plural_forms, has_several_numbers, plural_categories


@pytest.mark.parametrize(
    ("language", "categories"),
    [
        ("en", "one other"),
        ("de-AT-1996", "one other"),
        ("pl", "one few many other"),
        ("ar", "zero one two few many other"),
        ("ja", "other"),
        ("zh-Hant-TW", "other"),
        ("zh_TW", "other"),
        ("pt-BR", "one many other"),
        ("iw", "one two other"),
        ("ns", "one other"),
        ("ilo", "one other"),
        ("x-klingon", "one other"),
        ("", "one other"),
    ],
)
def test_the_categories_of_a_language(language: str, categories: str) -> None:
    assert plural_categories(language) == tuple(categories.split())


@pytest.mark.parametrize(
    ("language", "expected"), [("en", False), ("pl", False), ("fr", True), ("ru", True)]
)
def test_whether_one_is_for_several_numbers(language: str, expected: bool) -> None:
    assert has_several_numbers(language, "one") is expected


@pytest.mark.parametrize(
    ("language", "number", "start"),
    [
        ("en", 2, "nplurals=2; plural=(n != 1);"),
        ("pl-PL", 3, "nplurals=3; plural=n == 1 ? 0 :"),
        ("ja", 1, "nplurals=1; plural=0;"),
        ("x-klingon", 2, "nplurals=2; plural=(n != 1);"),
    ],
)
def test_the_plural_forms_of_gettext(language: str, number: int, start: str) -> None:
    count, header = gettext_plural_forms(language)
    assert count == number
    assert header.startswith(start)
