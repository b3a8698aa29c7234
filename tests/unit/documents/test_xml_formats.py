"""What all formats in XML have in common."""

from collections import Counter

import pytest
from lxml import etree

from documents import DocumentError
from tests.unit.documents.translators import (
    MODELS,
    FakeTranslator,
    document_of,
    translate_identity,
    translate_upper,
)

# A file of each format with `{}` for a text, and the inline elements that it may have.
FILES = {
    ".xlf": (
        '<xliff version="1.2"><file target-language="de"><body><trans-unit><source>{}</source>'
        "</trans-unit></body></file></xliff>",
        '<g id="{n}">{text}</g>',
    ),
    ".xliff": (
        '<xliff version="2.0" trgLang="de"><file><unit><segment><source>{}</source></segment>'
        "</unit></file></xliff>",
        '<pc id="{n}">{text}</pc>',
    ),
    ".tmx": (
        '<tmx><header srclang="en"/><body><tu><tuv xml:lang="en"><seg>{}</seg></tuv></tu></body>'
        "</tmx>",
        '<bpt i="{n}">&lt;b></bpt>{text}<ept i="{n}">&lt;/b></ept>',
    ),
    ".xml": ('<resources><string name="a">{}</string></resources>', "<b>{text}</b>"),
    ".resx": ('<root><data name="a"><value>{}</value></data></root>', "&lt;b&gt;{text}&lt;/b&gt;"),
    ".ts": (
        '<TS language="de"><context><message><source>{}</source><translation/></message></context>'
        "</TS>",
        "&lt;b&gt;{text}&lt;/b&gt;",
    ),
    ".stringsdict": (
        "<plist><dict><key>a</key><dict><key>NSStringLocalizedFormatKey</key><string>{}</string>"
        "</dict></dict></plist>",
        "%#@n{n}@ {text}",
    ),
    ".ttml": ('<tt xml:lang="en"><body><p>{}</p></body></tt>', '<span id="{n}">{text}</span>'),
}
TEXTS = ("Press {0} to open the {1} & then wait.", "{0}", "{0}{1} or not?")


def file_with(suffix: str, text: str) -> bytes:
    frame, inline = FILES[suffix]
    spans = [inline.format(n=n, text=word) for n, word in enumerate(("Enter", "old house"))]
    return frame.format(text.replace("&", "&amp;").format(*spans)).encode()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("suffix", FILES)
@pytest.mark.parametrize("text", TEXTS)
def test_no_model_breaks_a_file(suffix: str, text: str, model: str) -> None:
    data = file_with(suffix, text)
    result = FakeTranslator(MODELS[model]()).translate(document_of(suffix)(data))
    before, after = (Counter(_tags(markup)) for markup in (data, result))
    assert before - after == Counter()  # nothing is lost
    # A filled target has the inline elements of its source, once each.
    assert set((after - before).values()) <= {1, 2}
    assert (after - before).keys() <= before.keys() | {"target"}


def _tags(markup: bytes) -> list[str]:
    return [str(element.tag) for element in etree.fromstring(markup).iter()]


@pytest.mark.parametrize("suffix", FILES)
def test_another_encoding_gets_references_for_what_it_lacks(suffix: str) -> None:
    declaration = '<?xml version="1.0" encoding="windows-1252"?>\n'
    text = FILES[suffix][0].format("café word")
    data = (declaration + text).encode("cp1252")
    translator = FakeTranslator(lambda text: text.replace("word", "ż€"))
    result = translator.translate(document_of(suffix)(data))
    assert b"caf\xe9 &#380;\x80" in result
    assert result.decode("cp1252").startswith(declaration)


@pytest.mark.parametrize("suffix", FILES)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_and_line_ends_stay(suffix: str, encoding: str) -> None:
    data = FILES[suffix][0].format("word").replace("><", ">\r\n\t<").encode(encoding)
    result = translate_upper(document_of(suffix)(data))
    text = result.decode(encoding)
    assert text.encode(encoding) == result
    assert "WORD" in text
    assert text.count("\r\n") == text.count("\n")


@pytest.mark.parametrize("suffix", FILES)
def test_hostile_files_get_clear_errors(suffix: str) -> None:
    frame = FILES[suffix][0]
    bomb = '<!DOCTYPE a [<!ENTITY a "secret"><!ENTITY b "&a;&a;">]>' + frame.format("&b;")
    external = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + frame.format("&a;")
    truncated = frame.format("secret")[:-9]
    for data, message in (
        (bomb, "DOCTYPE has declarations"),
        (external, "DOCTYPE has declarations"),
        (truncated, "not valid XML at line 1"),
        (frame.format("a" * (33 << 20)), "more than 32 MiB"),
    ):
        with pytest.raises(DocumentError, match=message) as caught:
            translate_identity(document_of(suffix)(data.encode()))
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("suffix", FILES)
def test_deep_nesting_is_no_problem(suffix: str) -> None:
    nested = "<g>" * 2_000 + "word" + "</g>" * 2_000
    data = FILES[suffix][0].format(nested).encode()
    assert (
        etree.fromstring(
            translate_upper(document_of(suffix)(data)), etree.XMLParser(huge_tree=True)
        )
        is not None
    )
