"""INI files."""

import pytest

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    translate_identity,
    translate_upper,
)

INI = document_of(".ini")
FILE = r"""; a comment = text
# another: text
flag
[Main page]
title = The house ; a comment
quoted: "Say \"hello\"; now"  ; a comment
lines =
    one #1

    two: three
path = images/house.png
empty =
"""
UPPER = r"""; a comment = text
# another: text
flag
[Main page]
title = THE HOUSE ; a comment
quoted: "SAY \"HELLO\"; NOW"  ; a comment
lines =
    ONE #1

    TWO: THREE
path = images/house.png
empty =
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_values_of_ini_files_are_translated(newline: str, encoding: str) -> None:
    data, upper = (text.replace("\n", newline).encode(encoding) for text in (FILE, UPPER))
    assert translate_identity(INI(data)) == data
    assert translate_upper(INI(data)) == upper


def test_windows_1252_is_kept() -> None:
    assert translate_upper(INI("a=für".encode("cp1252"))) == "a=FÜR".encode("cp1252")


def test_a_translation_adds_no_line_and_no_comment() -> None:
    translator = FakeTranslator(lambda text: f'{text} ;\n"x"')
    assert translator.translate(INI(b'a = b\nc = "d"\n')) == b'a = b; "x"\nc = "d ; \\"x\\""\n'


@pytest.mark.parametrize(
    ("options", "translated"),
    [
        ({"keys": ("one.*",)}, [["b"]]),
        ({"exclude": ("one.a",)}, [["d"]]),
        ({"keys": ("a",)}, [["b", "d"]]),
    ],
)
def test_values_of_ini_files_are_chosen_by_section_and_name(
    options: dict[str, tuple[str, ...]], translated: list[list[str]]
) -> None:
    translator = FakeTranslator(str.upper)
    translator.translate(INI(b"[one]\na = b\n[two]\na = d\n", **options))
    assert translator.rounds == translated


@pytest.mark.parametrize("data", [b"a = b\nsecret text", b"a = b\n[secret", b"a = b\n= secret"])
def test_other_lines_are_refused(data: bytes) -> None:
    with pytest.raises(DocumentError, match="line 2 is not a section") as caught:
        translate_identity(INI(data))
    assert "secret" not in str(caught.value)
