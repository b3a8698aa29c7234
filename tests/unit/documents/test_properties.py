"""Java's properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    translate_identity,
    translate_upper,
)

PROPERTIES = document_of(".properties")
FILE = r"""# a comment = text
  ! another: text
a.b=Hello, it's \u00e9\
    t\u00E9 #1
  c : the door
d the house

empty
f=\
   \ first\n\
   second\n\
   third
\=g\ h\:i = a\\nb \ud83d\ude00
path=images/house.png
"""
UPPER = r"""# a comment = text
  ! another: text
a.b=HELLO, IT'S \u00c9T\u00c9 #1
  c : THE DOOR
d THE HOUSE

empty
f=\
   \ FIRST\n\
   SECOND\n\
   THIRD
\=g\ h\:i = A\\NB \ud83d\ude00
path=images/house.png
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_values_of_properties_are_translated(newline: str) -> None:
    data, upper = (text.replace("\n", newline).encode() for text in (FILE, UPPER))
    assert translate_identity(PROPERTIES(data)) == data
    assert translate_upper(PROPERTIES(data)) == upper


@pytest.mark.parametrize(
    ("data", "translated"),
    [
        ("a=x", r"a=\u00e9\u0142\ud83d\ude00"),
        ("a=x\n#ü", "a=éł😀\n#ü"),
        ("\ufeffa=x", "\ufeffaéł😀".replace("a", "a=")),
    ],
)
def test_utf_8_is_written_where_the_file_has_it(data: str, translated: str) -> None:
    assert (
        FakeTranslator(lambda _: "éł😀").translate(PROPERTIES(data.encode())).decode() == translated
    )


def test_latin_1_is_kept_and_what_it_lacks_is_escaped() -> None:
    data = "a=für\n".encode("latin-1")
    assert FakeTranslator(lambda _: "éł").translate(PROPERTIES(data)) == b"a=\xe9\\u0142\n"


@pytest.mark.parametrize(
    ("source", "sent", "written"),
    [
        ("It''s {0}", "It's {0}", "L''l''It''s {0}"),
        ("It is {0}", "It is {0}", "L''l''It is {0}"),
        ("It''s", "It's", "L''l''It''s"),
        ("It is", "It is", "L'l'It is"),
        ("It's", "It's", "L'l'It's"),
        ("It's {0}", "It's {0}", "L'l'It's {0}"),  # its program does not read messages
        ("Use '{'{0}'}'", "Use '{'{0}'}'", "L''l''Use '{'{0}'}'"),
    ],
)
def test_apostrophes_of_messages_are_doubled(source: str, sent: str, written: str) -> None:
    translator = FakeTranslator(lambda text: f"L'l'{text}")
    assert translator.translate(PROPERTIES(f"a={source}".encode())).decode() == f"a={written}"
    assert translator.rounds == [[sent]]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_written_property_can_be_read_again(text: str) -> None:
    written = FakeTranslator(lambda _: text).translate(PROPERTIES(b"k = a"))
    translator = FakeTranslator(str.upper)
    translator.translate(PROPERTIES(written, keys=("k",)))
    sent = translator.rounds[0][0] if translator.rounds else None
    assert sent is None or sent.replace("''", "'") == text.strip().replace("''", "'")


def test_properties_are_chosen_by_name() -> None:
    data = b"a.title=one\na.note=two\n"
    assert translate_upper(PROPERTIES(data, keys=("title",))) == b"a.title=ONE\na.note=two\n"


def test_an_invalid_escape_is_refused() -> None:
    with pytest.raises(DocumentError, match="line 2 has an invalid escape"):
        translate_identity(PROPERTIES(b"a=b\nb=\\u12 secret"))
