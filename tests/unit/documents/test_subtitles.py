"""Subtitles: cues are translated as sentences and wrapped again; nothing else changes."""

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

SRT, VTT = document_of(".srt"), document_of(".vtt")
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
        ("[door opens]\r\nMAN: hi\r\nthere", ["door opens", "MAN", "hi there"],
         "[DOOR OPENS]\r\nMAN: HI\r\nTHERE"),
        ("♪ la la ♪\r\n[sighs] no: it", ["la la", "sighs", "no: it"],
         "♪ LA LA ♪\r\n[SIGHS] NO: IT"),
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


@pytest.mark.parametrize(
    "timing",
    [
        "00:00:01 --> 00:00:02", "0:0:1,0-->0:0:2,5", "00:00:01:000 --> 00:00:02:500",
        "00:00:01,000 -> 00:00:02,500", "00:00:01,000 --> ", "00: 00: 01, 000 --> 00: 00: 02, 5",
        "00:00:01.1234 --> 99:99:99,999 X1:5",
    ],
)  # fmt: skip
def test_odd_timings_stay(timing: str) -> None:
    data = f"1\n{timing}\nOne.\n\n2\n{TIMING}\ntwo --> three\n"
    expected = data.replace("One", "ONE").replace("two --> three", "TWO --> THREE")
    assert translate_upper(SRT(data.encode())).decode() == expected


@pytest.mark.parametrize("speaker", ["[DOOR]", "MAN:", ">>", ">> MAN:", "&gt;&gt;", "- MAN:"])
def test_a_speaker_begins_a_text(speaker: str) -> None:
    data = f"WEBVTT\n\n{TIMING}\none\n{speaker} two\n"
    translator = FakeTranslator(str.upper)
    expected = data.replace("one", "ONE").replace("two", "TWO")
    assert translator.translate(VTT(data.encode())).decode() == expected
    assert "one" in translator.rounds[0]


def test_subrip_with_references_keeps_them() -> None:
    translator = FakeTranslator(str.upper)
    translated = translator.translate(SRT(cue("salt &amp; pepper &lt; a&nbsp;b")))
    assert translated == cue("SALT &amp; PEPPER &lt; A\xa0B").replace(b"bye", b"BYE")
    assert translator.rounds == [["salt & pepper < a\xa0b", "bye"]]


def test_captions_of_youtube() -> None:
    data = b"0:00:01.000,0:00:02.500\r\n>> one\r\ntwo[br]three\r\n\r\n0:00:03.000,0:00:04.000\r\n12"
    translator = FakeTranslator(str.upper)
    expected = data.replace(b"one", b"ONE").replace(b"two", b"TWO").replace(b"three", b"THREE")
    assert translator.translate(document_of(".sbv")(data)) == expected


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
        (".srt", b"1\n00:00:01\nsecret\n", "no line is a timing like 00:00:01,000 -->"),
        (".srt", b"1\na --> secret\n", "no line is a timing"),
        (".sbv", b"1\n00:00:01,000 --> 00:00:02,000\nsecret\n", "like 0:00:01.000,0:00:02.500"),
        (".vtt", b"1\n00:01.000 --> 00:02.000\nsecret\n", "does not start with WEBVTT"),
        (".vtt", b"", "does not start with WEBVTT"),
    ],
)
def test_damaged_files(suffix: str, data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        translate_identity(document_of(suffix)(data))
    assert "secret" not in str(caught.value)


def test_an_empty_file_is_valid() -> None:
    assert translate_identity(SRT(b"\n")) == b"\n"


@pytest.mark.parametrize(
    ("lines", "texts"),
    [
        ([TIMING, "one", TIMING, "two"], ["one", "two"]),
        ([TIMING, "one", "2", TIMING, "two"], ["one", "two"]),
        ([TIMING, "images/sprite.jpg#xywh=0,0,160,90", "", TIMING, "https://a.b/c"], []),
        (["00:01 --> 00:02", "one"], ["one"]),
        (["NOTE", "one --> two", "more", "", TIMING, "three"], ["three"]),
        (["NOTE 00:01 --> 00:02", "one", "", "STYLE", "::cue(a) {}", "b --> c"], []),
        ([TIMING, "NOTE one"], ["NOTE one"]),
        ([TIMING, '{"key": "a text",', '"b": [1]}', "", TIMING, "[1, 2]"], []),
        ([TIMING, "{a} note", "", TIMING, "[" * 100_000], ["{a} note"]),
        (["--> 00:02", "one", "", "x --> y", "two"], ["one", "two"]),
    ],
)
def test_which_lines_of_webvtt_are_text(lines: list[str], texts: list[str]) -> None:
    translator = FakeTranslator(str.upper)
    source = "\n".join(["WEBVTT", "", *lines])
    translated = translator.translate(VTT(source.encode())).decode()
    assert translated == "\n".join(
        ["WEBVTT", "", *(line.upper() if line in texts else line for line in lines)]
    )
    assert translator.rounds == ([texts] if texts else [])


@pytest.mark.parametrize("invented", ["<b>x</b>", "a &amp; b & c", "a > b"])
def test_markup_that_a_translation_invents_is_rejected(invented: str) -> None:
    translator = FakeTranslator(lambda text: invented)
    vtt = f"WEBVTT\n\n{TIMING}\nSalt &amp; pepper"
    assert translator.translate(VTT(vtt.encode())).decode() == vtt


@pytest.mark.parametrize(
    ("encoding", "translation", "written"),
    [
        ("cp1252", "Größe", "Größe".encode("cp1252")),
        ("cp1252", "Łódź", "\ufeffŁódź".encode()),
        ("utf-16", "Łódź", "Łódź".encode("utf-16-le")),
    ],
)
def test_subrip_keeps_its_encoding_if_it_has_all_characters(
    encoding: str, translation: str, written: bytes
) -> None:
    translator = FakeTranslator(lambda text: translation)
    translated = translator.translate(SRT(f"{TIMING}\ncafé".encode(encoding)))
    assert translator.rounds == [["café"]]
    assert translated.endswith(written.removeprefix(b"\xef\xbb\xbf"))
    assert translated.startswith(written[:3]) is written.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(("length", "texts"), [(9_000, 1), (11_000, 2)])
def test_the_lines_of_a_giant_cue_are_texts_of_their_own(length: int, texts: int) -> None:
    line = "word " * (length // 5)
    translator = FakeTranslator(str.upper)
    source = f"00:00:01,000 --> 00:00:02,000\n{line}\n{line}\n".encode()
    translator.translate(document_of(".srt")(source))
    assert [len(each) for each in translator.rounds] == [texts]
