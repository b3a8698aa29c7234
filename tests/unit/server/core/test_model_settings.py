"""`--model`, `--route` and `--model-devices`, as flags and as variables."""

import pytest

from server.core.model_settings import NamedModel
from server.core.settings_sources import load_settings

NLLB = "facebook/nllb-200-distilled-600M"


def test_one_model_needs_no_name() -> None:
    assert load_settings([], {}).models == (NamedModel(None, "bundled"),)
    [model] = load_settings(["--model", "/models/a=b"], {}).models
    assert model == NamedModel(None, "/models/a=b")


def test_a_flag_is_repeated_and_a_variable_has_spaces() -> None:
    expected = (NamedModel("m2m", "bundled"), NamedModel("nllb", NLLB))
    flags = ["--model", "m2m=bundled", "--model", f"nllb={NLLB}"]
    assert load_settings(flags, {}).models == expected
    variable = {"TRANSLATION_MODEL": f"m2m=bundled  nllb={NLLB}\n"}
    assert load_settings([], variable).models == expected


def test_a_path_may_have_spaces() -> None:
    value = "/my models/small one large=/my models/large one"
    assert load_settings([], {"TRANSLATION_MODEL": value}).models == (
        NamedModel(None, "/my models/small one"),
        NamedModel("large", "/my models/large one"),
    )


def test_routes_are_by_language_and_pair() -> None:
    settings = load_settings(["--route", "sw=nllb", "--route", "en:de-AT=m2m"], {})
    assert settings.routes == {"sw": "nllb", "en:de-AT": "m2m"}
    assert (
        load_settings([], {"TRANSLATION_ROUTE": "sw=nllb en:de-AT=m2m"}).routes == settings.routes
    )


def test_devices_of_a_model_are_a_list() -> None:
    settings = load_settings(["--model-devices", "nllb=cuda:0,cuda:1"], {})
    assert settings.devices_by_model == {"nllb": "cuda:0,cuda:1"}


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--route", "sw"], "must be LANGUAGE=NAME or SOURCE:TARGET=NAME"),
        (["--route", "sw="], "must be LANGUAGE=NAME"),
        (["--route", "sw=a", "--route", "sw=b"], "names sw twice"),
        (["--model-devices", "cuda:1"], "must be NAME=DEVICES"),
        (["--model-devices", "a=gpu"], "no device 'gpu'"),
        (["--model", ""], "at least 1 character"),
    ],
)
def test_an_invalid_value_is_refused(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        load_settings(argv, {})
    assert message in capsys.readouterr().err
