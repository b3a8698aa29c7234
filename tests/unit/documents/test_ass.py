"""Advanced SubStation Alpha: dialogue is translated; nothing else changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    by_dictionary,
    document_of,
    reverse,
    translate_identity,
    translate_upper,
)

ASS = document_of(".ass")
HEAD = """[Script Info]
; a comment
Title: the house
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,a comment
"""
LINE = "Dialogue: 0,0:00:01.00,0:00:02.00,Default,Ann,0,0,0,,"
PARTS = st.lists(
    st.sampled_from(
        ["one ", "two", "\\N", "\\n", "\\h", "{\\i1}", "{\\i0}", "{\\an8}", "{note}", "{", "}",
         "\\", ",", "{\\p1}m 0 0", "{\\p0}", "- ", "MAN: "]
    ),
    max_size=10,
).map("".join)  # fmt: skip


def dialogue(*texts: str) -> bytes:
    return (HEAD + "".join(f"{LINE}{text}\n" for text in texts)).encode()


@given(PARTS)
def test_an_identical_translation_changes_nothing(text: str) -> None:
    assert translate_identity(ASS(dialogue(text))) == dialogue(text)


@given(PARTS)
def test_no_override_is_lost(text: str) -> None:
    translated = FakeTranslator(reverse).translate(ASS(dialogue(text))).decode()
    for markup in ("{\\i1}", "{\\i0}", "{\\an8}", "{note}", "{\\p1}m 0 0"):
        assert translated.count(markup) == text.count(markup)


@pytest.mark.parametrize(
    ("text", "texts", "translated"),
    [
        ("I am, you are", ["I am, you are"], "I AM, YOU ARE"),
        ("{\\an8\\fad(1,2)}one two", ["one two"], "{\\an8\\fad(1,2)}ONE TWO"),
        ("I am\\Nhere now", ["I am here now"], "I AM\\NHERE NOW"),
        ("I am\\nhere\\hnow", ["I am here\xa0now"], "I AM HERE\xa0NOW"),
        ("- Yes.\\N- No.", ["- Yes.", "- No."], "- YES.\\N- NO."),
        ("one {\\i1}two{\\i0} three", ["one two three", "two"], "ONE {\\i1}TWO{\\i0} THREE"),
        ("one{a remark}", ["one"], "ONE{a remark}"),
        ("{\\p1}m 0 0 l 10 0{\\p0}", [], "{\\p1}m 0 0 l 10 0{\\p0}"),
        ("{\\p1\\an7}m 0 0 b\\None", ["one"], "{\\p1\\an7}m 0 0 b\\NONE"),
        ("{\\pos(1,2)}one", ["one"], "{\\pos(1,2)}ONE"),
        ("{\\k20}la{\\kf30}li", [], "{\\k20}la{\\kf30}li"),
        ("", [], ""),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_dialogue(text: str, texts: list[str], translated: str, newline: str) -> None:
    translator = FakeTranslator(str.upper)
    source, expected = (
        dialogue(each).decode().replace("\n", newline).encode() for each in (text, translated)
    )
    assert translator.translate(ASS(source)) == expected
    assert translator.rounds == ([texts] if texts else [])


def test_tags_follow_their_text() -> None:
    translator = by_dictionary({"the red car is here": "hier ist das rote Auto", "red": "rote"})
    translated = translator.translate(ASS(dialogue("the {\\i1}red{\\i0} car\\Nis here")))
    assert translated == dialogue("hier ist das\\N{\\i1}rote{\\i0} Auto")


@pytest.mark.parametrize("invented", ["{\\b1}x", "a\\Nb", "}"])
def test_markup_that_a_translation_invents_is_rejected(invented: str) -> None:
    translator = FakeTranslator(lambda text: invented)
    assert translator.translate(ASS(dialogue("one two"))) == dialogue("one two")


def test_the_fields_are_those_that_the_section_names() -> None:
    ssa = (
        "[Events]\nFormat: Marked, Start, End, Style, Effect, Text\n"
        "Dialogue: Marked=0,0:00:01.00,0:00:02.00,Default,,one, two\n"
        "Dialogue: Marked=0,0:00:01.00,0:00:02.00,Default,fx,one\n"
        "Dialogue: short\n\n[Fonts]\nDialogue: 0,1,2,3,,no\n"
    )
    translated = translate_upper(document_of(".ssa")(ssa.encode())).decode()
    assert translated == ssa.replace("one, two", "ONE, TWO")


def test_a_file_without_events_is_damaged() -> None:
    with pytest.raises(DocumentError, match="no section") as caught:
        translate_identity(ASS(b"secret\n"))
    assert "secret" not in str(caught.value)
