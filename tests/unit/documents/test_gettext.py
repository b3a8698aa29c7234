"""gettext catalogues."""

import gettext
import io

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    file_of,
    identity,
    translate_identity,
    translate_upper,
)

PO = document_of(".po")

CATALOGUE = r"""# Translators: somebody
msgid ""
msgstr ""
"Language: de\n"
"Content-Type: text/plain; charset=UTF-8\n"

#. a comment
#: main.c:1
#, c-format
#| msgid "before"
msgctxt "menu"
msgid "Say \"%s\"\n"
msgstr ""

#: main.c:2
msgid ""
"one "
"file"
msgid_plural "many\tfiles"
msgstr[0] ""
msgstr[1] ""
msgstr[2] ""

#, fuzzy, c-format
msgid "doubtful"
msgstr "zweifelhaft"

#, fuzzy
msgid "empty"
msgstr ""
msgid "two\n"
"lines"
msgstr ""

msgid "%d"
msgstr ""

#~ msgid "gone"
#~ msgstr ""
"""
FILLED = r"""# Translators: somebody
msgid ""
msgstr ""
"Language: de\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

#. a comment
#: main.c:1
#, c-format, fuzzy
#| msgid "before"
msgctxt "menu"
msgid "Say \"%s\"\n"
msgstr "SAY \"%S\"\n"

#: main.c:2
#, fuzzy
msgid ""
"one "
"file"
msgid_plural "many\tfiles"
msgstr[0] "ONE FILE"
msgstr[1] "MANY\tFILES"

#, fuzzy, c-format
msgid "doubtful"
msgstr "zweifelhaft"

#, fuzzy
msgid "empty"
msgstr "EMPTY"
#, fuzzy
msgid "two\n"
"lines"
msgstr ""
"TWO\n"
"LINES"

#, fuzzy
msgid "%d"
msgstr "%D"

#~ msgid "gone"
#~ msgstr ""
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_catalogue_is_filled_and_its_new_translations_are_fuzzy(newline: str) -> None:
    catalogue, filled = (text.replace("\n", newline).encode() for text in (CATALOGUE, FILLED))
    assert translate_upper(PO(catalogue)) == filled


def test_adjacent_strings_of_a_catalogue_are_one() -> None:
    data = b'msgid "The house" " is old."\n"!" \nmsgstr "" ""\n'
    translated = translate_upper(PO(data))
    assert translated == b"#, fuzzy\n" + data.replace(b'"" ""', b'"THE HOUSE IS OLD.!"')


def test_a_complete_catalogue_stays_the_same() -> None:
    assert translate_upper(PO(FILLED.encode())) == FILLED.encode()
    assert translate_upper(PO(b"")) == b""


def test_a_language_with_one_form_gets_the_plural() -> None:
    data = b'msgid "a file"\nmsgid_plural "%d files"\nmsgstr[0] ""\n'
    translated = translate_upper(PO(data))
    assert translated == b"#, fuzzy\n" + data.replace(b'[0] ""', b'[0] "%D FILES"')


def test_a_translation_equal_to_its_source_is_filled_in() -> None:
    data = b'msgid "OK"\nmsgstr ""\n'
    assert FakeTranslator(identity).translate(PO(data)) == b'#, fuzzy\nmsgid "OK"\nmsgstr "OK"\n'


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_written_translation_can_be_read_again(translation: str) -> None:
    translated = FakeTranslator(lambda text: translation).translate(PO(b'msgid "a"\nmsgstr ""'))
    as_source = translated.replace(b'msgid "a"', b"").replace(b"\nmsgstr", b"\nmsgid", 1)
    translator = FakeTranslator(identity)
    translator.translate(PO(as_source + b'\nmsgstr ""'))
    expected = translation.strip()
    assert translator.rounds == (
        [[expected]] if any(map(str.isalpha, expected)) and "\0" not in expected else []
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'msgid "a"\n', "entry at line 1 lacks"),
        (b'msgstr "a"\n', "entry at line 1 lacks"),
        (b'\nmsgid "secret\n', "line 2 is neither"),
        (b'"secret"\n', "line 1 is neither"),
        (b'msgid "a"\nmsgstr ""\nmsgstr ""\n', "line 3 repeats the msgstr"),
        (b"secret", "line 1 is neither"),
    ],
)
def test_a_damaged_catalogue(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        translate_identity(PO(data))
    assert "secret" not in str(caught.value)


def catalogue(header: str, body: str) -> bytes:
    lines = "".join(f'"{line}\\n"\n' for line in header.splitlines())
    return f'msgid ""\nmsgstr ""\n{lines}\n{body}'.encode()


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


@pytest.mark.parametrize("charset", ["ISO-8859-2", "iso-8859-1", "KOI8-R", "Shift_JIS", "GBK"])
def test_a_declared_charset_is_kept_while_it_has_the_characters(charset: str) -> None:
    header = f"Language: de\nContent-Type: text/plain; charset={charset}\n"
    data = catalogue(header, 'msgid "caf"\nmsgstr ""\n').decode().encode(charset)
    assert translate_upper(PO(data)) == data.replace(
        b'msgid "caf', b'#, fuzzy\nmsgid "caf'
    ).replace(b'\nmsgstr ""\n', b'\nmsgstr "CAF"\n').replace(
        b'msgid ""\nmsgstr "CAF"', b'msgid ""\nmsgstr ""', 1
    )


def test_a_charset_that_lacks_a_character_becomes_utf_8() -> None:
    header = "Language: de\nContent-Type: text/plain; charset=ISO-8859-1\n"
    data = catalogue(header, '# für\nmsgid "a"\nmsgstr ""\n').decode().encode("latin-1")
    translator = FakeTranslator(lambda text: "“ł”")
    translated = translator.translate(file_of(".po")(data))
    assert translated.data.decode() == catalogue(
        header.replace("ISO-8859-1", "UTF-8"), '# für\n#, fuzzy\nmsgid "a"\nmsgstr "“ł”"\n'
    ).decode()  # fmt: skip
    assert len(translated.notices) == 1
    assert FakeTranslator(lambda text: "ß").translate(PO(data)).decode("latin-1").count("ß") == 1


def test_ascii_becomes_utf_8_where_it_must() -> None:
    data = catalogue(
        "Language: de\nContent-Type: text/plain; charset=ASCII\n", 'msgid "a"\nmsgstr ""\n'
    )
    assert b"charset=ASCII" in translate_upper(PO(data))
    assert b"charset=UTF-8" in FakeTranslator(lambda text: "ß").translate(PO(data))


def test_escapes_of_bytes_are_in_the_charset() -> None:
    translator = FakeTranslator(identity)
    data = rb'msgid "caf\303\251 \xc3\xa9\101"' + b'\nmsgstr ""\n'
    assert translator.translate(PO(data)) == b"#, fuzzy\n" + data.replace(
        b'msgstr ""', 'msgstr "café éA"'.encode()
    )
    assert translator.rounds == [["café éA"]]
    invalid = b'msgid "caf\\351"\nmsgstr ""\n'
    assert translate_upper(PO(invalid)) == invalid


FUZZY = """#, fuzzy, c-format
#| msgid "former"
#| msgid_plural "formers"
msgid "new %s"
msgstr "alt"

msgid "done"
msgstr "fertig"

#~ msgid "gone"
#~ msgstr ""
"""


def test_fuzzy_entries_are_translated_again_on_request() -> None:
    assert translate_upper(PO(FUZZY.encode())).decode() == FUZZY
    again = FUZZY.replace('#| msgid "former"\n#| msgid_plural "formers"\n', "").replace(
        "alt", "NEW %S"
    )
    assert translate_upper(PO(FUZZY.encode(), fuzzy="again")).decode() == again


def test_all_entries_are_translated_again_on_request() -> None:
    translated = translate_upper(PO(FUZZY.encode(), only_untranslated=False)).decode()
    assert '\n#, fuzzy\nmsgid "done"\nmsgstr "DONE"\n' in translated
    assert '#~ msgid "gone"\n#~ msgstr ""\n' in translated


def test_menus_and_contexts_stay() -> None:
    data = b'msgctxt "menu"\nmsgid "_Open"\nmsgstr ""\n\nmsgid "&Save"\nmsgstr ""\n'
    translated = translate_upper(PO(data)).decode()
    assert 'msgctxt "menu"\nmsgid "_Open"\nmsgstr "_OPEN"\n' in translated
    assert 'msgid "&Save"\nmsgstr "&SAVE"\n' in translated


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (catalogue("Content-Type: x; charset=secret", ""), "charset in the header is unknown"),
        (catalogue("Content-Type: x; charset=euc-jp", "") + b"\xff", "declared encoding"),
        (b'msgid "a"\nmsgstr "secret', "line 2 is neither"),
        (b'msgid "a"\nmsgstr[100] ""\n', "line 2 is neither"),
    ],
)  # fmt: skip
def test_a_damaged_charset(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        translate_identity(PO(data))
    assert "secret" not in str(caught.value)


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
