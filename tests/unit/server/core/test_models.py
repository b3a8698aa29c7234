"""Which model translates what, and by which codes."""

import pytest

from server.core.errors import UnsupportedLanguageError
from server.core.models import Models, RouteError
from tests.fakes import served_model

M2M = served_model("m2m", ("en", "de", "zh", "br", "no"))
NLLB = served_model(
    "nllb", ("eng_Latn", "deu_Latn", "swh_Latn", "zho_Hans", "zho_Hant", "nob_Latn", "nno_Latn")
)
BOTH = Models([M2M, NLLB])


def chosen(models: Models, source: str, target: str, name: str | None = None) -> tuple[str, ...]:
    route = models.choose(source, target, name)
    return route.model.name, route.source, route.target


def test_one_model_has_its_own_codes() -> None:
    models = Models([NLLB])
    assert models.languages == NLLB.languages
    assert chosen(models, "eng_Latn", "deu_Latn") == ("nllb", "eng_Latn", "deu_Latn")
    assert models.find("zh-TW") == "zho_Hant"


def test_further_models_add_the_languages_that_the_first_lacks() -> None:
    assert BOTH.languages == ("en", "de", "zh", "br", "no", "swh_Latn", "zho_Hant", "nno_Latn")


@pytest.mark.parametrize(
    ("code", "language"),
    [("en", "en"), ("eng_Latn", "en"), ("en-GB", "en"), ("zh", "zh"), ("zho_Hans", "zh"),
     ("zh-TW", "zho_Hant"), ("sw", "swh_Latn"), ("nb", "no"), ("nn", "nno_Latn"), ("br", "br"),
     ("fr", None)],
)  # fmt: skip
def test_users_codes_mean_one_language(code: str, language: str | None) -> None:
    assert BOTH.find(code) == language


def test_a_named_model_has_the_codes_it_would_have_alone() -> None:
    assert BOTH.find("zh-TW", "m2m") == "zh"
    assert BOTH.find("zh-TW", "nllb") == "zho_Hant"
    assert BOTH.find("br", "nllb") is None
    assert BOTH.languages_of("nllb") == ("en", "de", "swh_Latn", "zh", "zho_Hant", "no", "nno_Latn")


def test_a_model_may_have_two_codes_for_one_language() -> None:
    models = Models([served_model("fine-tune", ("no", "nb", "en"))])
    assert models.languages == ("no", "nb", "en")
    assert chosen(models, "nb", "en") == ("fine-tune", "nb", "en")


def test_northern_sotho_is_one_language_although_m2m100_has_its_own_code() -> None:
    models = Models([served_model("m2m", ("en", "ns")), served_model("nllb", ("nso_Latn",))])
    assert models.languages == ("en", "ns")
    assert models.find("nso") == models.find("nso_Latn") == "ns"


def test_the_first_model_that_has_both_languages_translates() -> None:
    assert chosen(BOTH, "en", "de") == ("m2m", "en", "de")
    assert chosen(BOTH, "en", "swh_Latn") == ("nllb", "eng_Latn", "swh_Latn")
    assert chosen(BOTH, "zh", "zho_Hant") == ("nllb", "zho_Hans", "zho_Hant")
    with pytest.raises(UnsupportedLanguageError, match="no model translates from br to swh_Latn"):
        BOTH.choose("br", "swh_Latn")


def test_a_request_may_name_the_model() -> None:
    assert chosen(BOTH, "en", "de", "nllb") == ("nllb", "eng_Latn", "deu_Latn")
    with pytest.raises(UnsupportedLanguageError, match="model nllb does not translate from br"):
        BOTH.choose("br", "de", "nllb")


def test_a_model_that_is_no_longer_served_translates_nothing() -> None:
    with pytest.raises(UnsupportedLanguageError, match="model gone"):
        BOTH.choose("en", "de", "gone")


def test_routes_go_before_the_first_model_and_pairs_before_languages() -> None:
    models = Models([M2M, NLLB], {"de": "nllb", "en:de": "m2m", "zh": "nllb"})
    assert chosen(models, "zh", "de")[0] == "nllb"
    assert chosen(models, "en", "de")[0] == "m2m"
    assert chosen(models, "de", "en")[0] == "nllb"
    assert chosen(models, "zh", "en")[0] == "nllb"
    assert chosen(models, "no", "en")[0] == "m2m"
    assert chosen(models, "de", "en", "m2m")[0] == "m2m"


def test_the_route_of_a_target_goes_before_that_of_a_source() -> None:
    models = Models([M2M, NLLB], {"de": "m2m", "zh": "nllb"})
    assert chosen(models, "zh", "de")[0] == "m2m"
    assert chosen(models, "de", "zh")[0] == "nllb"


def test_a_route_to_a_model_without_the_other_language_does_not_apply() -> None:
    assert chosen(Models([M2M, NLLB], {"de": "nllb"}), "br", "de")[0] == "m2m"


@pytest.mark.parametrize(
    ("key", "model", "message"),
    [
        ("de", "other", "the models are m2m, nllb"),
        ("br", "nllb", "br is neither a language of nllb nor a pair of them"),
        ("en:br", "nllb", "en:br is neither"),
        ("", "nllb", " is neither"),
    ],
)
def test_an_invalid_route_is_refused(key: str, model: str, message: str) -> None:
    with pytest.raises(RouteError, match=message):
        Models([M2M, NLLB], {key: model})


def test_codes_in_routes_are_users_codes() -> None:
    models = Models([M2M, NLLB], {"en-GB:de-AT": "nllb", "zh-CN": "nllb"})
    assert chosen(models, "en", "de")[0] == "nllb"
    assert chosen(models, "zh", "en")[0] == "nllb"


def test_targets_are_what_some_model_can_translate_to() -> None:
    assert BOTH.targets("br") == ["de", "en", "no", "zh"]
    assert "br" not in BOTH.targets("swh_Latn")
    assert set(BOTH.targets("en")) == set(BOTH.languages) - {"en"}


def test_sources_are_what_can_be_translated_into_a_language() -> None:
    assert set(BOTH.sources("swh_Latn", None)) == set(BOTH.languages_of("nllb"))
    assert set(BOTH.sources("de", None)) == set(BOTH.languages)
    assert BOTH.sources("de", "m2m") == M2M.languages
