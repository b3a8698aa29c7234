"""gettext catalogues: the forms of plurals, and the rule in the header."""

import gettext
import io

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests.unit.documents.catalogues import catalogue
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    file_of,
    translate_upper,
)

PO = document_of(".po")
PLURAL = 'msgid "one file"\nmsgid_plural "%d files"\nmsgstr[0] ""\nmsgstr[1] ""\n'
ENGLISH = (
    "Language: en\nContent-Type: text/plain; charset=UTF-8\n"
    "Plural-Forms: nplurals=2; plural=(n != 1);\n"
)


def forms(data: bytes) -> list[str]:
    return [line for line in data.decode().splitlines() if line.startswith("msgstr[")]


@pytest.mark.parametrize(
    ("target", "language", "count"),
    [("de", "de", 2), ("pl", "pl", 3), ("ja", "ja", 1), ("en-GB", "en_GB", 2), ("ar", "ar", 6),
     ("sr-Latn", "sr@latin", 3), ("zh-Hant", "zh_TW", 1)],
)  # fmt: skip
def test_the_header_and_the_plural_forms_are_those_of_the_target(
    target: str, language: str, count: int
) -> None:
    data = catalogue(ENGLISH, f'{PLURAL}\nmsgid "a"\nmsgstr ""\n')
    translated = translate_upper(PO(data, target)).decode()
    assert f'"Language: {language}\\n"' in translated
    assert f"nplurals={count};" in translated
    assert len(forms(translated.encode())) == count
    assert translated.endswith('\n\n#, fuzzy\nmsgid "a"\nmsgstr "A"\n')


def test_the_form_of_one_is_the_singular_only_where_it_is_for_no_other_number() -> None:
    data = catalogue(ENGLISH, PLURAL)
    assert forms(translate_upper(PO(data, "pl")))[0] == 'msgstr[0] "ONE FILE"'
    assert forms(translate_upper(PO(data, "ru")))[0] == 'msgstr[0] "%D FILES"'  # 21, too
    assert forms(translate_upper(PO(data, "ar")))[1] == 'msgstr[1] "ONE FILE"'


def test_a_header_gets_the_lines_that_it_lacks() -> None:
    data = b'msgid ""\nmsgstr "Project: x"\n\n' + PLURAL.encode()
    assert translate_upper(PO(data)).decode().startswith(
        'msgid ""\nmsgstr "Project: x"\n"\\n"\n"Language: de\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n#, fuzzy\n'
    )  # fmt: skip


def test_a_rule_over_several_strings_and_the_placeholders_of_templates_are_replaced() -> None:
    data = (
        b'msgid ""\nmsgstr ""\n"Language: \\n"\n"Content-Type: text/plain; charset=CHARSET\\n"\n'
        b'"Plural-Forms: nplurals=INTEGER; "\n"plural=EXPRESSION;\\n"\n"X: y\\n"\n\n'
    ) + PLURAL.encode()
    translated = document_of(".pot")(data, "pl")
    text = FakeTranslator(lambda text: f"{text} ł").translate(translated).decode()
    assert (
        '"Language: pl\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: n' in text
    )
    assert "INTEGER" not in text
    assert "EXPRESSION" not in text
    assert '\\n"\n"X: y\\n"\n' in text


FOUR = "nplurals=4; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 ? 1 : n>9 ? 2 : 3);"


def test_a_rule_of_the_target_language_stays() -> None:
    body = 'msgid "a file"\nmsgid_plural "%d files"\n' + "".join(
        f'msgstr[{i}] ""\n' for i in range(4)
    )
    data = catalogue(
        f"Language: pl_PL\nContent-Type: text/plain; charset=UTF-8\nPlural-Forms: {FOUR}\n", body
    )
    translated = translate_upper(PO(data, "pl"))
    assert len(forms(translated)) == 4
    assert FOUR.encode() in translated
    assert b"pl_PL" in translated


def test_existing_plural_translations_are_not_lost() -> None:
    two = 'msgid "dog"\nmsgid_plural "dogs"\nmsgstr[0] "pies"\nmsgstr[1] "psy"\n\n'
    translated = translate_upper(PO(catalogue(ENGLISH, two + PLURAL), "pl"))
    assert forms(translated)[:3] == ['msgstr[0] "pies"', 'msgstr[1] "psy"', 'msgstr[2] "psy"']
    assert translated.count(b"#, fuzzy\n") == 2
    translated_file = FakeTranslator(str.upper).translate(
        file_of(".po")(catalogue(ENGLISH, two + PLURAL), "ja")
    )
    assert forms(translated_file.data) == [
        'msgstr[0] "pies"', 'msgstr[1] "psy"', 'msgstr[0] "ONE FILE"', 'msgstr[1] "%D FILES"'
    ]  # fmt: skip
    assert b"nplurals=2" in translated_file.data
    assert len(translated_file.notices) == 1


@pytest.mark.parametrize(
    "rule",
    [
        "nplurals=2; plural=n/0;",
        "nplurals=2; plural=n;",
        "nplurals=2; plural=(n !=! 1);",
        "nplurals=2; plural=" + "(" * 900 + "n",
    ],
)
def test_an_invalid_plural_rule_is_replaced(rule: str) -> None:
    header = f"Language: de\nContent-Type: text/plain; charset=UTF-8\nPlural-Forms: {rule}\n"
    translated = translate_upper(PO(catalogue(header, PLURAL)))
    assert b"plural=(n != 1);" in translated
    assert rule.encode() not in translated


def test_a_filled_catalogue_can_be_loaded_by_gettext() -> None:
    data = catalogue(ENGLISH, PLURAL + '\nmsgctxt "menu"\nmsgid "Open"\nmsgstr ""\n')
    translated = FakeTranslator(lambda text: f"ł {text}").translate(PO(data, "pl"))
    machine = io.BytesIO()
    write_mo(machine, read_po(io.BytesIO(translated)), use_fuzzy=True)
    machine.seek(0)
    loaded = gettext.GNUTranslations(machine)
    assert loaded.ngettext("one file", "%d files", 1) == "ł one file"
    assert loaded.ngettext("one file", "%d files", 22) == "ł %d files"
    assert loaded.pgettext("menu", "Open") == "ł Open"
