"""Codes that users write for the languages of NLLB-200."""

import pytest

from translator.models.flores import FLORES_CODES, flores_aliases, flores_code, tag_of
from translator.models.languages import M2M100_CODES, bcp47, find, name_of, text_language
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
        ("zh-Hant-HK", "zho_Hant"), ("zh-Hans-HK", "zho_Hans"), ("zh-SG", "zho_Hans"),
        ("zh-MO", "zho_Hant"), ("cmn", "zho_Hans"), ("cmn-TW", "zho_Hant"), ("chi", "zho_Hans"),
        ("zt", "zho_Hant"), ("zh-cmn-Hant", "zho_Hant"), ("zh-yue", "yue_Hant"),
        ("zh-min-nan", "zho_Hans"), ("yue", "yue_Hant"), ("yue_Hani", "yue_Hant"),
        ("cmn_Hani", "zho_Hans"), ("ar-EG", "arb_Arab"),
        ("ar-arz", "arz_Arab"), ("iw", "heb_Hebr"), ("in", "ind_Latn"), ("ji", "ydd_Hebr"),
        ("jw", "jav_Latn"), ("mo", "ron_Latn"), ("tl", "tgl_Latn"), ("pb", "por_Latn"),
        ("fa-AF", "prs_Arab"), ("prs", "prs_Arab"), ("ku-Arab", "ckb_Arab"),
        ("az-Arab", "azb_Arab"), ("ns", "nso_Latn"), ("nso", "nso_Latn"), ("scc", "srp_Cyrl"),
        ("scr", "hrv_Latn"), ("als", "als_Latn"), ("alb", "als_Latn"), ("ger", "deu_Latn"),
        ("fre-CA", "fra_Latn"), ("dut", "nld_Latn"), ("gre", "ell_Grek"), ("baq", "eus_Latn"),
        ("mao", "mri_Latn"), ("tib", "bod_Tibt"), ("wel", "cym_Latn"), ("que", "quy_Latn"),
        ("de_DE.UTF-8@euro", "deu_Latn"), ("sr_RS@cyrillic", "srp_Cyrl"),
        ("de-CH-1996", "deu_Latn"), ("es-419", "spa_Latn"), ("ca-valencia", "cat_Latn"),
        # Macrolanguages: the member that most texts are in.
        ("ara", "arb_Arab"), ("msa", "zsm_Latn"), ("swa", "swh_Latn"), ("aze", "azj_Latn"),
        ("uzb", "uzn_Latn"), ("kur", "kmr_Latn"), ("mon", "khk_Cyrl"), ("ori", "ory_Orya"),
        ("nep", "npi_Deva"), ("pus", "pbt_Arab"), ("lav", "lvs_Latn"), ("est", "est_Latn"),
        ("sqi", "als_Latn"), ("yid", "ydd_Hebr"), ("nor", "nob_Latn"),
        ("fas", "pes_Arab"), ("mlg", "plt_Latn"), ("orm", "gaz_Latn"), ("ful", "fuv_Latn"),
        ("grn", "grn_Latn"), ("aym", "ayr_Latn"), ("din", "dik_Latn"), ("kau", "knc_Latn"),
        ("aka", "aka_Latn"), ("kon", "kon_Latn"), ("srd", "srd_Latn"),
        ("sr-Latn", None), ("sr@latin", None), ("sr-Zzzz", None), ("xx", None), ("", None),
        ("klingon", None), ("de-\0", None), ("deu_Latn\0", None), ("gsw", None),
    ],
)  # fmt: skip
def test_codes_are_mapped_by_rule(given: str, code: str | None) -> None:
    assert find(given, FLORES_CODES) == code


def test_every_language_of_m2m100_that_nllb_has_is_found_by_its_code() -> None:
    missing = {code for code in M2M100_CODES if find(code, FLORES_CODES) is None}
    assert missing == {"br", "fy"}


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


def test_an_alias_means_the_code_that_it_is_listed_with() -> None:
    for code in FLORES_CODES:
        assert {flores_code(alias) for alias in flores_aliases(code)} == {code}
    assert flores_aliases("deu_Latn") == ["deu", "de"]
    assert flores_aliases("zho_Hans") == ["zho", "zh", "cmn", "zh-Hans"]
    assert flores_aliases("zho_Hant") == ["zt", "zh-Hant"]


def test_tags_are_those_of_bcp_47() -> None:
    known = {"zho_Hant": "zh-Hant", "ckb_Arab": "ckb", "dik_Latn": "dik", "ns": "nso", "zh": "zh"}
    assert {code: bcp47(code) for code in known} == known


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
