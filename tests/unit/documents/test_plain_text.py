"""Plain text: wrapped paragraphs are one text; everything else keeps its lines."""

import pytest

from tests.unit.documents.translators import FakeTranslator, document_of, identity

TXT = document_of(".txt")
PROSE = """\
It is a truth universally acknowledged, that a single man in possession of
a good fortune, must be in want of a wife. However little known the
feelings or views of such a man may be on his first entering a
neighbourhood, this truth is so well fixed in the minds of the surrounding
families, that he is considered the rightful property of some one or other
of their daughters.
"""
KEPT = {
    "verse": "Roses are red,\nViolets are blue,\nSugar is sweet,\nAnd so are you.\n",
    "list": "- milk\n- two eggs\n- a loaf of bread\n1. one thing\n2. another thing\n",
    "headings": "CHAPTER ONE\nThe House\n=========\n\nThe Old Man\n-----------\n",
    "sentences": "It is late.\nThe house is old and its door is red.\nWhere is the key?\n",
    "address": "John Smith\n12 Long Street\nOld Town\n",
    "table": "Name        Price   Count\nan apple      12      house\nthe old door   3   house\n",
    "code": "if (house) {\n  open the door;\n}\n",
    "quote": "> I know that the old man\n> lives in the red house.\n",
    "signature": "--\nthe old man who lives\nin the red house\n",
    "fields": "name: the old man of\nhouse: in the old town\n",
}


def texts(data: str, **options: str) -> list[str]:
    translator = FakeTranslator(identity)
    assert translator.translate(TXT(data.encode(), **options)) == data.encode()
    return translator.rounds[0]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_wrapped_paragraph_is_one_text_and_wrapped_again(newline: str) -> None:
    source = f"{PROSE}\n{PROSE}".replace("\n", newline)
    translator = FakeTranslator(lambda text: text.replace("truth", "universal fact").upper())
    translated = translator.translate(TXT(source.encode())).decode()
    assert translator.rounds == [[" ".join(PROSE.split())] * 2]
    assert (
        " ".join(translated.split())
        == translator.translate(TXT(" ".join(source.split()).encode())).decode()
    )
    lines = translated.split(newline)
    assert max(map(len, lines)) <= max(map(len, PROSE.split("\n")))
    assert lines.count("") == 2
    assert all(len(line) > 60 for line in lines[:5])


def test_lines_stay_by_themselves_where_the_user_says_so() -> None:
    assert texts(PROSE, line_breaks="keep") == PROSE.splitlines()


@pytest.mark.parametrize("kind", KEPT)
@pytest.mark.parametrize("around", ["", f"{PROSE}\n"])
def test_lines_that_are_no_paragraph_stay_by_themselves(kind: str, around: str) -> None:
    source = around + KEPT[kind] + "\n" * bool(around) + around
    paragraph = [" ".join(PROSE.split())] if around else []
    assert texts(source) == [*paragraph, *texts(KEPT[kind], line_breaks="keep"), *paragraph]


@pytest.mark.parametrize(
    ("source", "texts_", "translation", "translated"),
    [
        (
            "I know that the old man\nlives in the red house.\n\nGood night.\n",
            ["I know that the old man lives in the red house.", "Good night."],
            "one two three four five six seven",
            "one two three four five\nsix seven\n\none two three four five six seven\n",
        ),
        (
            "    I know that the old man\nlives in the red house, and\nit is late.",
            ["I know that the old man lives in the red house, and it is late."],
            "one two three four five six seven",
            "    one two three four five\nsix seven",
        ),
        (
            "- I know that the old man\n  lives in the red house,\n  but it is late.\n- two\n",
            ["I know that the old man lives in the red house, but it is late.", "two"],
            "one two three four five six seven",
            "- one two three four five\n  six seven\n- one two three four five six seven\n",
        ),
        (
            "これは古い家です。そして、この家に\n住んでいた人は、誰でしょうか、もう\n知りません。",
            ["これは古い家です。そして、この家に住んでいた人は、誰でしょうか、もう知りません。"],
            "これは古い家です。これは古い家です。これは古い家です。",
            "これは古い家です。これは古い家で\nす。これは古い家です。",
        ),
        (
            "The well-known old man is an inter-\n"
            "national guest, and he is quite wel\xad\ncome here.",
            ["The well-known old man is an inter-national guest, and he is quite welcome here."],
            "one",
            "one",
        ),
    ],
)
def test_paragraphs(source: str, texts_: list[str], translation: str, translated: str) -> None:
    translator = FakeTranslator(lambda text: translation)
    assert translator.translate(TXT(source.encode())).decode() == translated
    assert translator.rounds == [texts_]


def test_a_short_line_ends_a_paragraph_without_a_blank_line() -> None:
    paragraph = " ".join(PROSE.split())
    assert texts(f"{PROSE}  {PROSE}") == [paragraph, paragraph]


def test_a_name_after_a_break_is_in_its_sentence() -> None:
    source = f"{PROSE}\nMy dear, said his lady to him one day, have you heard that my friend\n"
    source += "Netherfield is here?\n"
    assert texts(source)[1].endswith("my friend Netherfield is here?")
