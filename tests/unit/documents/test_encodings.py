"""Encodings: found by mark, declaration or likelihood, and written back."""

import pytest

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    file_of,
    identity,
    translate_identity,
    translate_upper,
)

TXT = document_of(".txt")
PLAIN_TEXTS = [".txt", ".md", ".html", ".srt", ".vtt", ".json", ".po"]
SENTENCES = {
    "cp1252": ("fr", "Le café était déjà fermé."),
    "cp1250": ("pl", "Dziś piękność twą w całej ozdobie widzę i opisuję."),
    "iso8859-2": ("pl", "Dziś piękność twą w całej ozdobie widzę i opisuję."),
    "cp1251": ("ru", "Это старый дом, в котором жил человек."),
    "koi8-r": ("ru", "Это старый дом, в котором жил человек."),
    "cp1253": ("el", "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι."),
    "cp1254": ("tr", "Bütün insanlar hür, haysiyet bakımından eşit doğarlar."),
    "cp1255": ("he", "שלום, מה שלומך היום?"),
    "cp1256": ("ar", "مرحبا، كيف حالك اليوم؟"),
    "cp932": ("ja", "これは古い家です。"),
    "euc_jp": ("ja", "これは古い家です。"),
    "gb18030": ("zh", "这是一座老房子。早上好。"),
    "big5": ("zh", "這是一座老房子。早安。"),
    "cp949": ("ko", "이것은 오래된 집입니다."),
    "cp874": ("th", "สวัสดีครับ นี่คือบ้านเก่า"),
}

LONG_TEXTS = {
    "fr": "Maître Corbeau, sur un arbre perché, tenait en son bec un fromage alléché.",
    "pl": "Litwo! Ojczyzno moja! ty jesteś jak zdrowie. Ile cię trzeba cenić, ten tylko się dowie, "
    "kto cię stracił. Dziś piękność twą w całej ozdobie widzę i opisuję, bo tęsknię po tobie.",
    "ru": "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива "
    "по-своему. Всё смешалось в доме Облонских. Жена узнала, что муж был в связи с бывшею в их "
    "доме француженкою-гувернанткой, и объявила мужу, что не может жить с ним в одном доме.",
    "zh": "道可道，非常道。名可名，非常名。無名天地之始；有名萬物之母。故常無欲，以觀其妙。",
}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("suffix", [".txt", ".md", ".html"])
def test_a_file_with_a_byte_order_mark_keeps_its_encoding(suffix: str, encoding: str) -> None:
    data = "Añ😀\n".encode(encoding)
    assert translate_upper(document_of(suffix)(data)) == "AÑ😀\n".encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_recognised(encoding: str) -> None:
    data = "Añ😀 家\r\n".encode(encoding)
    translated = FakeTranslator(str.upper).translate(file_of(".txt")(data))
    assert translated.data == "AÑ😀 家\r\n".encode(encoding)
    assert translated.notices == (f"the file was read as {encoding.upper()}, without a mark",)


@pytest.mark.parametrize("suffix", PLAIN_TEXTS)
@pytest.mark.parametrize("data", [b"a\nb\0c\n", b"Good\0morning.\n", b"\0", b"\xff\xfea\0\0\0"])
def test_a_text_has_no_nul(suffix: str, data: bytes) -> None:
    with pytest.raises(DocumentError, match=r"NUL character in line \d"):
        translate_identity(document_of(suffix)(data))


@pytest.mark.parametrize("encoding", SENTENCES)
def test_the_language_tells_the_encoding(encoding: str) -> None:
    language, sentence = SENTENCES[encoding]
    data = sentence.encode(encoding)
    translator = FakeTranslator(lambda text: "OK 1")
    translated = translator.translate(file_of(".txt")(data, source=language))
    assert translator.rounds == [[sentence]]
    assert translated.data == b"OK 1"
    (notice,) = translated.notices
    assert "it is not UTF-8 (confidence " in notice


@pytest.mark.parametrize("encoding", ["cp1252", "cp1250", "cp1251", "koi8-r", "big5"])
def test_a_long_text_tells_its_encoding(encoding: str) -> None:
    data = LONG_TEXTS[SENTENCES[encoding][0]].encode(encoding)
    translator = FakeTranslator(identity)
    assert translator.translate(TXT(data)) == data
    assert translator.rounds == [[data.decode(encoding)]]


@pytest.mark.parametrize(
    ("data", "source"),
    [(b"secret \xff", None), ("שלום".encode("cp1255"), None), (b"\x81\x8d secret", "fr")],
)
def test_an_unlikely_encoding_is_an_error_that_names_the_byte(
    data: bytes, source: str | None
) -> None:
    start = next(i for i, byte in enumerate(data) if byte > 127)
    with pytest.raises(DocumentError, match=f"not UTF-8 at byte {start}, .* language") as caught:
        translate_identity(TXT(data, source=source))
    assert "secret" not in str(caught.value)


def test_a_translation_that_the_encoding_lacks_is_written_in_utf_8() -> None:
    translator = FakeTranslator(lambda text: "Łódź")
    translated = translator.translate(file_of(".txt")("café".encode("cp1252")))
    assert translated.data == "\ufeffŁódź".encode()
    assert "cp1252 lacks a character" in translated.notices[1]


@pytest.mark.parametrize("suffix", [".json", ".po"])
def test_formats_that_are_in_utf_8_are_not_guessed(suffix: str) -> None:
    with pytest.raises(DocumentError, match="not UTF-8 at byte 3"):
        translate_identity(document_of(suffix)(b"caf\xe9"))


@pytest.mark.parametrize("suffix", PLAIN_TEXTS)
@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"%PDF-1.7\nsecret", "a PDF file"),
        (b"PK\x03\x04secret", "a zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1secret", "an old Office file"),
        (b"{\\rtf1 secret}", "an RTF file"),
        (b"\x89PNG\r\n\x1a\nsecret", "a picture"),
        (b"ID3\0secret", "a sound"),
    ],
)
def test_a_file_in_another_format_is_refused(suffix: str, data: bytes, name: str) -> None:
    with pytest.raises(DocumentError, match=f"the file is {name}") as caught:
        translate_identity(document_of(suffix)(data))
    assert "secret" not in str(caught.value)


def test_an_old_word_file_is_not_a_new_one() -> None:
    with pytest.raises(DocumentError, match="an old Office file"):
        translate_identity(document_of(".docx")(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))


def test_a_text_may_begin_like_another_format() -> None:
    assert translate_upper(TXT(b"ID3 is a tag")) == b"ID3 IS A TAG"
