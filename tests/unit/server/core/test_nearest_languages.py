"""What is suggested instead of an unknown language."""

import pytest

from server.core.nearest_languages import nearest
from translator.models.flores import FLORES_CODES
from translator.models.languages import M2M100_CODES


@pytest.mark.parametrize(
    ("given", "of_nllb", "of_m2m100"),
    [
        ("German", ["deu_Latn"], ["de"]),
        ("Deutsch", ["deu_Latn"], ["de"]),
        ("francais", ["fra_Latn"], ["fr"]),
        ("chinese", ["zho_Hans", "zho_Hant"], ["zh"]),
        ("Norwegian", ["nob_Latn", "nno_Latn"], ["no"]),
        ("Kurdish", ["ckb_Arab", "kmr_Latn"], []),
        ("portugese", ["por_Latn"], ["pt"]),
        ("jp", ["jpn_Jpan"], ["ja"]),
        ("cz", ["ces_Latn"], ["cs"]),
        ("sr-Latn", ["srp_Cyrl"], ["sr"]),
        ("pa-Arab", ["pan_Guru"], ["pa"]),
        ("eng_Ltn", ["eng_Latn"], ["en"]),
        ("qqqqqq", [], []),
        ("", [], []),
        ("\ud800", [], []),
        ("Dear Sir or Madam", [], []),
    ],
)
def test_the_nearest_languages(given: str, of_nllb: list[str], of_m2m100: list[str]) -> None:
    assert nearest(given, sorted(FLORES_CODES)) == of_nllb
    assert nearest(given, sorted(M2M100_CODES)) == of_m2m100


def test_there_are_three_at_most() -> None:
    found = nearest("Arabic", sorted(FLORES_CODES))
    assert found[0] == "arb_Arab"
    assert len(found) == 3
