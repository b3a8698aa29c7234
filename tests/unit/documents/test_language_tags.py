"""Language tags: direction, and which ones are of one language."""

import pytest

from documents.core.language_tags import is_right_to_left, is_same_language, primary_language
from translator.models.flores import FLORES_CODES, tag_of


@pytest.mark.parametrize("code", FLORES_CODES)
def test_the_direction_of_every_language_of_nllb_is_that_of_its_script(code: str) -> None:
    script = code.partition("_")[2]
    assert is_right_to_left(tag_of(code)) == (script in {"Arab", "Hebr"})


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("ar", True), ("ar-EG", True), ("he_IL", True), ("uz-Arab", True), ("ks", True),
        ("ks-Deva", False), ("ar-Latn", False), ("de", False), ("DE-at", False), ("zh-Hant", False),
    ],
)  # fmt: skip
def test_a_script_decides_before_the_language(tag: str, *, expected: bool) -> None:
    assert is_right_to_left(tag) == expected


def test_regions_and_cases_are_of_one_language() -> None:
    assert primary_language(" pt_BR ") == "pt"
    assert is_same_language("pt", "PT-br")
    assert not is_same_language("pt-PT", "pt-BR")
    assert not is_same_language("de", "nl")
