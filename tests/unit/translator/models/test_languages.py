"""Codes, names and aliases."""

import pytest
from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES

from translator.models.languages import M2M100_CODES, NAMES, aliases_of, canonical


def test_the_codes_are_those_of_m2m100_in_their_order() -> None:
    assert list(M2M100_CODES) == FAIRSEQ_LANGUAGE_CODES["m2m100"]
    assert len(set(NAMES.values())) == 100


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("de", "de"), ("DE", "de"), (" en ", "en"), ("pt-BR", "pt"), ("pt_BR", "pt"),
        ("zh-Hans", "zh"), ("zh-Hant", "zh"), ("zt", "zh"), ("iw", "he"), ("nb", "no"),
        ("nn-NO", "no"), ("pb", "pt"), ("fil", "tl"), ("xx", "xx"), ("", ""),
        ("eng", "en"), ("eng_Latn", "en"), ("en-US", "en"), ("en_us", "en"), ("zh-TW", "zh"),
        ("cmn_Hans", "zh"), ("zho_Hant", "zh"), ("deu", "de"), ("ger", "de"), ("deu_Latn", "de"),
        ("de-CH-1996", "de"), ("es-419", "es"), ("sr@latin", "sr"), ("de_DE.UTF-8@euro", "de"),
        ("arb_Arab", "ar"), ("nso_Latn", "ns"), ("mo", "ro"), ("in", "id"), ("no", "no"),
        ("als_Latn", "sq"), ("als", "als"), ("sh", "sh"), ("de-\0", "de-\0"), ("de-", "de-"),
        ("english", "english"),
    ],
)  # fmt: skip
def test_canonical(code: str, expected: str) -> None:
    assert canonical(code) == expected


def test_an_alias_is_of_one_language_and_no_code_itself() -> None:
    aliases = [alias for code in M2M100_CODES for alias in aliases_of(code)]
    assert len(aliases) == len(set(aliases))
    assert not set(aliases) & set(M2M100_CODES)
    for code in M2M100_CODES:
        assert {canonical(each) for each in (code, *aliases_of(code))} == {code}


def test_every_language_with_two_letters_has_an_alias_of_three() -> None:
    for code in M2M100_CODES:
        assert len(code) == 3 or any(len(alias) == 3 for alias in aliases_of(code)), code
