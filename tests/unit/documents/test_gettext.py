"""gettext catalogues: which entries are filled, and with what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
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
