"""JSON by name, application resource bundles, and Apple's string catalogues."""

import json

import pytest

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    translate_identity,
    translate_upper,
)

JSON, ARB, XCSTRINGS = document_of(".json"), document_of(".arb"), document_of(".xcstrings")


@pytest.mark.parametrize(
    ("options", "translated"),
    [
        ({"keys": ("title",)}, ["a", "f"]),
        ({"keys": ("items.*",)}, ["b", "c", "e"]),
        ({"keys": ("items",)}, ["d"]),
        ({"exclude": ("*.note", "items")}, ["a", "b", "f"]),
        ({"keys": ("items.*", "title"), "exclude": ("items.list.*",)}, ["a", "b", "c", "f"]),
    ],
)
def test_values_are_chosen_by_name(
    options: dict[str, tuple[str, ...]], translated: list[str]
) -> None:
    value = {
        "title": "a",
        "items": [{"name": "b", "note": "c"}, "d", {"list": [{"note": "e"}]}],
        "other": {"title": "f"},
    }
    translator = FakeTranslator(str.upper)
    translator.translate(JSON(json.dumps(value).encode(), **options))
    assert translator.rounds == [translated]


def test_plural_names_and_placeholders_of_json_stay() -> None:
    data = b'{"day_one": "{{count}} day", "day_other": "{{count}} days"}'
    assert translate_identity(JSON(data)) == data
    assert json.loads(translate_upper(JSON(data))).keys() == {"day_one", "day_other"}


def test_json_with_comments_is_refused() -> None:
    with pytest.raises(DocumentError, match=r"line 2, column 1\d*: comments are not part"):
        translate_identity(JSON(b'{"a": 1,\n// secret\n"b": 2}'))


ARB_FILE = """{
  "@@locale": "en_US",
  "@@x-author": "somebody here",
  "hello": "Hello {name}",
  "@hello": {
    "description": "A greeting",
    "placeholders": {"name": {"type": "String", "example": "Ann Lee"}}
  },
  "days": "{n, plural, one{a day} other{# days}}"
}
"""


@pytest.mark.parametrize(("target", "locale"), [("de", "de"), ("pt-BR", "pt_BR")])
def test_a_resource_bundle_gets_the_language_and_keeps_its_metadata(
    target: str, locale: str
) -> None:
    translator = FakeTranslator(lambda text: f"{text}!")
    translated = translator.translate(ARB(ARB_FILE.encode(), target)).decode()
    assert translated == ARB_FILE.replace("en_US", locale).replace("{name}", "{name}!").replace(
        "# days}}", "# days}}!"
    )
    assert translator.rounds == [["Hello {name}", "{n, plural, one{a day} other{# days}}"]]


def unit(value: str, state: str = "translated") -> dict[str, object]:
    return {"stringUnit": {"state": state, "value": value}}


def xcode(catalogue: object) -> bytes:
    """Return a catalogue as Xcode writes it."""
    text = json.dumps(catalogue, indent=2, separators=(",", " : "), ensure_ascii=False)
    for depth in range(4, 10, 2):
        text = text.replace("{}", "{\n\n" + " " * depth + "}", 1)
    return text.encode()


CATALOGUE = {
    "sourceLanguage": "en",
    "strings": {
        "": {},
        "%lld files": {
            "localizations": {
                "en": {
                    "variations": {
                        "plural": {"one": unit("%lld file"), "other": unit("%lld files")}
                    }
                },
                "ru": unit("x"),
            }
        },
        "Done": {"localizations": {"pl": unit("Gotowe")}},
        "Name": {"comment": "Ń", "shouldTranslate": False},
        "New": {"extractionState": "manual", "localizations": {"pl": unit("", "new")}},
        "Open": {"comment": "a menu", "extractionState": "manual"},
        "Tap": {
            "localizations": {
                "en": {
                    "variations": {"device": {"mac": unit("Click"), "other": unit("Tap it")}},
                }
            }
        },
    },
    "version": "1.0",
}


def strings_of(data: bytes) -> dict[str, dict[str, object]]:
    strings: dict[str, dict[str, object]] = json.loads(data)["strings"]
    return {key: value.get("localizations", {}).get("pl") for key, value in strings.items()}  # type: ignore[attr-defined]


def test_a_string_catalogue_gets_the_target_language() -> None:
    data = xcode(CATALOGUE)
    translated = translate_upper(XCSTRINGS(data, "pl"))
    files, file = unit("%LLD FILES", "needs_review"), unit("%LLD FILE", "needs_review")
    assert strings_of(translated) == {
        "": None,
        "%lld files": {
            "variations": {"plural": {"one": file, "few": files, "many": files, "other": files}}
        },
        "Done": unit("Gotowe"),
        "Name": None,
        "New": unit("NEW", "needs_review"),
        "Open": unit("OPEN", "needs_review"),
        "Tap": {
            "variations": {
                "device": {
                    "mac": unit("CLICK", "needs_review"),
                    "other": unit("TAP IT", "needs_review"),
                }
            }
        },
    }


def test_a_string_catalogue_keeps_the_layout_of_xcode() -> None:
    added = unit("OPEN", "needs_review")
    data = xcode({"sourceLanguage": "en", "strings": {"": {}, "Open": {"comment": "a"}, "X": {}}})
    expected = xcode(
        {
            "sourceLanguage": "en",
            "strings": {
                "": {},
                "Open": {"comment": "a", "localizations": {"pl": added}},
                "X": {"localizations": {"pl": unit("X", "needs_review")}},
            },
        }
    )
    assert translate_upper(XCSTRINGS(data, "pl")) == expected
    crlf = data.replace(b"\n", b"\r\n")
    assert translate_upper(XCSTRINGS(crlf, "pl")) == expected.replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    ("options", "done"),
    [
        ({}, "Gotowe"),
        ({"fuzzy": "again"}, "DONE"),
        ({"only_untranslated": False}, "DONE"),
        ({"only_untranslated": False, "exclude": ("Do*",)}, "Gotowe"),
    ],
)
def test_existing_strings_stay_unless_the_options_say_otherwise(
    options: dict[str, object], done: str
) -> None:
    localizations = {"pl": unit("Gotowe", "needs_review")}
    data = xcode({"sourceLanguage": "en", "strings": {"Done": {"localizations": localizations}}})
    translated = json.loads(translate_upper(XCSTRINGS(data, "pl", **options)))
    assert translated["strings"]["Done"]["localizations"]["pl"]["stringUnit"]["value"] == done


def test_a_catalogue_with_one_region_of_the_target_fills_that_region() -> None:
    strings = {"a": {"localizations": {"pt-BR": unit("x")}}, "b": {}}
    data = json.dumps({"sourceLanguage": "en", "strings": strings}).encode()
    translated = json.loads(translate_upper(XCSTRINGS(data, "pt")))
    assert translated["strings"]["b"]["localizations"] == {"pt-BR": unit("B", "needs_review")}


@pytest.mark.parametrize(
    "entry",
    [
        {"localizations": None},
        {"localizations": {"pl": None}},
        {"localizations": {"en": {"variations": {"plural": {}}}}},
        {"localizations": {"en": {"unknown": {"x": "y"}}}},
        {"localizations": {"en": {"stringUnit": ["x"]}}},
        "text",
    ],
)
def test_unknown_entries_of_a_string_catalogue_stay(entry: object) -> None:
    data = json.dumps({"sourceLanguage": "en", "strings": {"secret": entry}}).encode()
    assert translate_upper(XCSTRINGS(data, "pl")) == data


def test_names_with_surrogates_are_escaped() -> None:
    devices = {"variations": {"device": {"\ud800": unit("text"), "other": unit("text")}}}
    strings = {"a": {"localizations": {"en": devices}}}
    data = json.dumps({"sourceLanguage": "en", "strings": strings}).encode()
    translated = json.loads(translate_upper(XCSTRINGS(data, "pl")))
    assert "\ud800" in translated["strings"]["a"]["localizations"]["pl"]["variations"]["device"]


@pytest.mark.parametrize("data", [b"[]", b"{}", b'{"strings": []}', b'{"strings": "secret"}'])
def test_other_json_is_no_string_catalogue(data: bytes) -> None:
    with pytest.raises(DocumentError, match="not a string catalogue"):
        translate_identity(XCSTRINGS(data))
