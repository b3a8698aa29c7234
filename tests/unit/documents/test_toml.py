"""TOML."""

import tomllib

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

TOML = document_of(".toml")
FILE = r"""# a "comment"
title = "say \"hello\" \u00e9"  # another
literal = 'the house'
[owner."a.b"]
lines = '''
one
  two'''
text = '''\nasis'''
wrapped = ""\"
  one \
     two
three ""\"
list = ["one", 'two', ["three"], {name = "four", x.y = 'five'}]
day = 1979-05-27 07:32:00
id = "btn-12"
[[products]]
name = { title = "six", tags = [ "seven" ] }
""".replace('""\\"', '"""')
UPPER = r"""# a "comment"
title = "SAY \"HELLO\" É"  # another
literal = 'THE HOUSE'
[owner."a.b"]
lines = '''
ONE
  TWO'''
text = '''\NASIS'''
wrapped = ""\"
  ONE TWO
THREE ""\"
list = ["ONE", 'TWO', ["THREE"], {name = "FOUR", x.y = 'FIVE'}]
day = 1979-05-27 07:32:00
id = "btn-12"
[[products]]
name = { title = "SIX", tags = [ "SEVEN" ] }
""".replace('""\\"', '"""')


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_values_of_toml_are_translated(newline: str) -> None:
    data, upper = (text.replace("\n", newline).encode() for text in (FILE, UPPER))
    assert translate_identity(TOML(data)) == data
    assert translate_upper(TOML(data)) == upper


@pytest.mark.parametrize("quotes", ['"', "'", '"""', "'''"])
@given(
    text=st.text(st.characters(exclude_categories=["Cs"])) | st.text(st.sampled_from("a\"'\\\n")),
)
def test_a_written_value_is_read_as_its_text(quotes: str, text: str) -> None:
    translated = FakeTranslator(lambda _: text).translate(TOML(f"k = {quotes}a{quotes}".encode()))
    assert tomllib.loads(translated.decode())["k"] == text.strip()


@pytest.mark.parametrize(
    ("options", "translated"),
    [
        ({"keys": ("owner.a.b.*",), "exclude": ("lines", "list", "*.list.*")},
         ["\\nasis", "one two\nthree"]),
        ({"keys": ("products.name.tags", "*.y")}, ["five", "seven"]),
        ({"keys": ("title",)}, ['say "hello" é', "six"]),
    ],
)  # fmt: skip
def test_values_of_toml_are_chosen_by_name(
    options: dict[str, tuple[str, ...]], translated: list[str]
) -> None:
    translator = FakeTranslator(str.upper)
    translator.translate(TOML(FILE.encode(), **options))
    assert translator.rounds == [translated]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a = 'b'\nb = secret", "line 2, column 5"),
        (b"a = 'secret", "not valid TOML"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"a." * 100_000, "more than 100 parts"),
        (b"a = " + b"9" * 5_000, "too many digits"),
    ],
)
def test_damaged_toml(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        translate_identity(TOML(data))
    assert "secret" not in str(caught.value)
