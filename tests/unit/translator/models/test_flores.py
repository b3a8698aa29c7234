"""Codes that users write for the languages of NLLB-200."""

import pytest

from translator.models.flores import FLORES_CODES, flores_code, tag_of
from translator.models.languages import M2M100_CODES, find, name_of, nearest, text_language
from translator.text.chinese import chinese
from translator.text.detection import Detector


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("deu_Latn", "deu_Latn"), ("DEU-latn", "deu_Latn"), ("de", "deu_Latn"), ("deu", "deu_Latn"),
        ("de-AT", "deu_Latn"), ("de_DE", "deu_Latn"), ("zh", "zho_Hans"), ("zh-CN", "zho_Hans"),
        ("zh-TW", "zho_Hant"), ("zh_HK", "zho_Hant"), ("zh-Hant", "zho_Hant"), ("zho", "zho_Hans"),
        ("no", "nob_Latn"), ("nb", "nob_Latn"), ("nn", "nno_Latn"), ("sr", "srp_Cyrl"),
        ("sr-Cyrl", "srp_Cyrl"), ("pt-BR", "por_Latn"), ("ar", "arb_Arab"), ("fa", "pes_Arab"),
        ("fil", "tgl_Latn"), ("ckb", "ckb_Arab"), ("ks", "kas_Arab"), ("ks-Deva", "kas_Deva"),
        ("sr-Latn", None), ("sr-Zzzz", None), ("xx", None), ("", None), ("klingon", None),
    ],
)  # fmt: skip
def test_codes_are_mapped_by_rule(given: str, code: str | None) -> None:
    assert flores_code(given) == code
    assert find(given, FLORES_CODES) == code


def test_every_language_of_m2m100_that_nllb_has_is_found_by_its_code() -> None:
    missing = {code for code in M2M100_CODES if find(code, FLORES_CODES) is None}
    assert missing == {"br", "fy", "ns"}


def test_every_code_is_found_by_its_tag() -> None:
    tags = [tag_of(code) for code in FLORES_CODES]
    assert len(set(tags)) == len(tags) == 202
    assert [flores_code(tag) for tag in tags] == list(FLORES_CODES)
    assert all(name_of(code) for code in FLORES_CODES)
    assert len({name_of(code) for code in FLORES_CODES}) == 202


def test_a_code_of_another_standard_finds_m2m100s_language_too() -> None:
    assert find("deu_Latn", M2M100_CODES) == "de"
    assert find("zho_Hant", M2M100_CODES) == "zh"
    assert find("kab_Latn", M2M100_CODES) is None


def test_the_nearest_languages_are_suggested() -> None:
    assert nearest("German", FLORES_CODES)[0] == "deu_Latn"
    assert nearest("deu_Lat", FLORES_CODES)[0] == "deu_Latn"
    assert nearest("qqqqqq", FLORES_CODES) == []


def test_rules_about_text_know_the_language() -> None:
    assert [text_language(code) for code in ("zho_Hant", "nob_Latn", "ckb_Arab", "de")] == [
        "zh", "no", "ckb", "de",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Wo ist der Bahnhof, bitte?", "deu_Latn"),
        ("Где находится вокзал?", "rus_Cyrl"),
        ("Hvor er togstasjonen, vær så snill?", "nob_Latn"),
        ("这个问题很难回答，请告诉我们。", "zho_Hans"),
        ("這個問題很難回答，請告訴我們。", "zho_Hant"),
        ("駅はどこにありますか。", "jpn_Jpan"),
        ("وێستگەی شەمەندەفەر لە کوێیە؟", "ckb_Arab"),
        ("12345", "eng_Latn"),
    ],
)
def test_detection_answers_with_the_models_codes(text: str, code: str) -> None:
    assert Detector(FLORES_CODES).detect(text)[0].language == code


def test_characters_of_both_chinese_scripts_are_simplified() -> None:
    assert chinese("人口") == "zho_Hans"
