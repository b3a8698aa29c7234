"""Subtitles: cues are translated as sentences and wrapped again; nothing else changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import FORMATS, DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    by_dictionary,
    reverse,
    translate_identity,
    translate_upper,
)

SRT, VTT = FORMATS[".srt"], FORMATS[".vtt"]
TIMING = "00:00:01,000 --> 00:00:02,500"
LINES = st.lists(
    st.sampled_from([
        "", " ", "1", "22", TIMING, f"{TIMING} X1:5", "Hello, you.", "<i>there</i>", "{\\an8}go",
        "<b>open", "close</b>", "- one", "- two", "a < b", "&amp;", "<v Bob>hi", "NOTE",
        "日本語です。",
    ]),
    max_size=20,
)  # fmt: skip


@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]))
def test_an_identical_translation_changes_nothing(lines: list[str], newline: str) -> None:
    srt = newline.join([TIMING, *lines]).encode()
    vtt = newline.join(["WEBVTT", "", *lines]).encode()
    assert translate_identity(SRT(srt)) == srt
    assert translate_identity(VTT(vtt)) == vtt


@given(LINES)
def test_timings_stay_the_same(lines: list[str]) -> None:
    text = "\n".join([TIMING, *lines])
    translated = FakeTranslator(reverse).translate(SRT(text.encode())).decode()
    assert timings(translated) == timings(text)


def timings(text: str) -> list[str]:
    return [line for line in text.split("\n") if "-->" in line]


def cue(text: str) -> bytes:
    return f"1\r\n{TIMING}\r\n{text}\r\n\r\n2\r\n{TIMING}\r\nbye".encode()


@pytest.mark.parametrize(
    ("text", "texts", "translated"),
    [
        ("I am\r\nhere now", ["I am here now"], "I AM\r\nHERE NOW"),
        ("{\\an8}<i>a b\r\nc d</i>", ["a b c d"], "{\\an8}<i>A B\r\nC D</i>"),
        ("one <b>two</b>", ["one two", "two"], "ONE <b>TWO</b>"),
        ("- Yes.\r\n- No.", ["- Yes.", "- No."], "- YES.\r\n- NO."),
        ("<i>- A,\r\nb.\r\n- C.</i>", ["- A, b.", "- C."], "<i>- A,\r\nB.\r\n- C.</i>"),
        ("1984\r\nwas a year", ["1984 was a year"], "1984 WAS\r\nA YEAR"),
        ("1984", [], "1984"),
        ("a\r\n\r\nb", ["a", "b"], "A\r\n\r\nB"),
        ("x < y & z", ["x < y & z"], "X < Y & Z"),
    ],
)  # fmt: skip
def test_cues(text: str, texts: list[str], translated: str) -> None:
    translator = FakeTranslator(str.upper)
    assert translator.translate(SRT(cue(text))) == cue(translated).replace(b"bye", b"BYE")
    assert translator.rounds == [[*texts, "bye"]]


@pytest.mark.parametrize(
    ("source", "translation", "written"),
    [
        ("a\nb", "one two three four", "one two\nthree four"),
        ("a\nb\nc", "one two three four", "one two\nthree\nfour"),
        ("a\nb", "word", "word"),
        ("a\nb", "これは長い文です。はい。", "これは長い文\nです。はい。"),
        ("a\nb", "これはaです。", "これ\nはaです。"),
        ("a", "one two three", "one two three"),
    ],
)
def test_lines_are_about_equally_long(source: str, translation: str, written: str) -> None:
    translator = FakeTranslator(lambda text: translation)
    data = f"{TIMING}\n{source}\n".encode()
    assert translator.translate(SRT(data)).decode() == f"{TIMING}\n{written}\n"


def test_tags_follow_their_text() -> None:
    translator = by_dictionary({"the red car is here": "hier ist das rote Auto", "red": "rote"})
    data = f"{TIMING}\nthe <i>red</i> car\nis here\n".encode()
    assert translator.translate(SRT(data)).decode() == f"{TIMING}\nhier ist das\n<i>rote</i> Auto\n"


def test_webvtt() -> None:
    data = b"""WEBVTT - a title
X-TIMESTAMP-MAP=LOCAL:00:00:00.000

NOTE a comment
of two lines

STYLE
::cue { color: red }

intro
01:00.000 --> 00:01:02.000 align:start
<v Bob>tom &amp; <c.loud>jerry</c>
"""
    translator = FakeTranslator(str.upper)
    translated = data.replace(b"tom", b"TOM").replace(b"jerry", b"JERRY")
    assert translator.translate(VTT(data)) == translated
    assert translator.rounds == [["tom & jerry", "jerry"]]
    assert translate_upper(VTT(b"WEBVTT")) == b"WEBVTT"


@pytest.mark.parametrize(
    ("suffix", "data", "message"),
    [
        (".srt", b"1\n00:00:01 -> secret\ntext\n", "no line is a timing"),
        (".srt", b"1\n00:00:01,000 --> secret\ntext\n", "line 2 is not a timing"),
        (".vtt", b"1\n00:01.000 --> 00:02.000\nsecret\n", "does not start with WEBVTT"),
        (".vtt", b"WEBVTT\n\n--> secret\n", "line 3 is not a timing"),
        (".vtt", b"", "does not start with WEBVTT"),
    ],
)
def test_damaged_files(suffix: str, data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        translate_identity(FORMATS[suffix](data))
    assert "secret" not in str(caught.value)


def test_an_empty_file_is_valid() -> None:
    assert translate_identity(SRT(b"\n")) == b"\n"
