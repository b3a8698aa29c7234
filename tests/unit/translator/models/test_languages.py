"""Codes, names and aliases."""

import pytest
from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES

from translator.models.languages import M2M100_CODES, NAMES, canonical


def test_the_codes_are_those_of_m2m100_in_their_order() -> None:
    assert list(M2M100_CODES) == FAIRSEQ_LANGUAGE_CODES["m2m100"]
    assert len(set(NAMES.values())) == 100


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("de", "de"), ("DE", "de"), (" en ", "en"), ("pt-BR", "pt"), ("pt_BR", "pt"),
        ("zh-Hans", "zh"), ("zh-Hant", "zh"), ("zt", "zh"), ("iw", "he"), ("nb", "no"),
        ("nn-NO", "no"), ("pb", "pt"), ("fil", "tl"), ("xx", "xx"), ("", ""),
    ],
)  # fmt: skip
def test_canonical(code: str, expected: str) -> None:
    assert canonical(code) == expected
