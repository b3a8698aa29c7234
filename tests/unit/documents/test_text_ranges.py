"""Plain text, JSON and gettext catalogues."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import FORMATS, DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    identity,
    translate_identity,
    translate_upper,
)

TXT, JSON, PO = FORMATS[".txt"], FORMATS[".json"], FORMATS[".po"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_an_identical_translation_of_plain_text_changes_nothing(text: str) -> None:
    assert translate_identity(TXT(text.encode())) == text.encode()


def test_lines_keep_their_endings_and_indentation() -> None:
    data = b"\xef\xbb\xbf  one two \r\n\r\n\tthree\rfour\n---\n5"
    translator = FakeTranslator(str.upper)
    assert translator.translate(TXT(data)) == data.upper()
    assert translator.rounds == [["one two", "three", "four"]]


@pytest.mark.parametrize("suffix", [".txt", ".json", ".po", ".srt", ".vtt", ".md"])
def test_another_encoding_is_rejected(suffix: str) -> None:
    with pytest.raises(DocumentError, match="not UTF-8 at byte 3"):
        translate_identity(FORMATS[suffix](b"\xef\xbb\xbf\xff\xfe"))


@given(
    value=VALUES, indent=st.sampled_from([None, 2, "\t"]), escaped=st.booleans(), bom=st.booleans()
)
def test_an_identical_translation_of_json_changes_nothing(
    value: object, indent: int | str | None, *, escaped: bool, bom: bool
) -> None:
    data = json.dumps(value, indent=indent, ensure_ascii=escaped).encode("utf-8", "replace")
    data = b"\xef\xbb\xbf" * bom + data
    assert translate_identity(JSON(data)) == data


@pytest.mark.parametrize(
    ("data", "translated"),
    [
        ('{"name" : "text",\n "b": [1, "x"]}\n', '{"name" : "TEXT",\n "b": [1, "X"]}\n'),
        (r'"say \"a\\b\"\n"', r'"SAY \"A\\B\"\n"'),
        (r'["\u00e9", "1", " a "]', r'["\u00c9", "1", " A "]'),
        (r'["\u0061", "é"]', '["A", "É"]'),
        (r'["\ud800 a", "a\u0000"]', r'["\ud800 a", "a\u0000"]'),
        ('{"a": "a", "a": {"a": "a"}}', '{"a": "A", "a": {"a": "A"}}'),
    ],
)
def test_json_values(data: str, translated: str) -> None:
    assert translate_upper(JSON(data.encode())).decode() == translated


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{\n"secret": "text",}', "not valid JSON at line 2, column 1[78]"),  # Python 3.13: 17
        (b"", "not valid JSON at line 1, column 1"),
        (b'["secret', "not valid JSON at line 1, column 2"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" + b"9" * 5_000 + b"]", "too many digits"),
    ],
)
def test_damaged_json(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        translate_identity(JSON(data))
    assert "secret" not in str(caught.value)


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
msgstr[2] "MANY\tFILES"

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


@given(st.text(st.characters(exclude_categories=["Cs"])))
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
