"""Word files: paragraphs in all parts, runs of several formats, links, fields, damaged archives."""

import io
import re
from contextlib import suppress
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    by_dictionary,
    document_of,
    reverse,
    translate_identity,
    translate_upper,
)

DOCX = document_of(".docx")
NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml."
PARTS = {
    "document": "document.main",
    "header1": "header",
    "footnotes": "footnotes",
    "styles": "styles",
}
BOLD, ITALIC = "<w:rPr><w:b/></w:rPr>", "<w:rPr><w:i/></w:rPr>"


def run(text: str, run_format: str = "") -> str:
    return f'<w:r>{run_format}<w:t xml:space="preserve">{text}</w:t></w:r>'


def archive(**parts: str) -> bytes:
    """Return a file whose parts have these contents; the document always exists."""
    types = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{TYPE}{kind}+xml"/>'
        for name, kind in PARTS.items()
        if name in {"document", *parts}
    )
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as file:
        file.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f"{types}</Types>",
        )
        for name, content in ({"document": ""} | parts).items():
            file.writestr(f"word/{name}.xml", f"<w:{name} {NAMESPACES}>{content}</w:{name}>")
        file.writestr(ZipInfo("word/media/a.png", (2001, 2, 3, 4, 5, 6)), b"\x89PNG", ZIP_STORED)
    return packed.getvalue()


def part(data: bytes, name: str = "document") -> str:
    """Return the content of a part, without its root."""
    with ZipFile(io.BytesIO(data)) as file:
        text = file.read(f"word/{name}.xml").decode()
    found = re.search(r"<w:\w+ xmlns[^>]*>(.*)</w:\w+>\s*$", text, re.DOTALL)
    assert found
    return found[1]


def translated(content: str, translator: FakeTranslator) -> str:
    """Translate a paragraph with this content; return the new content."""
    data = translator.translate(DOCX(archive(document=f"<w:p>{content}</w:p>")))
    return part(data).removeprefix("<w:p>").removesuffix("</w:p>")


def test_an_identical_translation_changes_nothing() -> None:
    data = archive(document=f"<w:p>{run('one ')}{run('two', BOLD)}</w:p>", header1="<w:p/>")
    assert translate_identity(DOCX(data)) == data


def test_parts_with_text_are_translated_and_others_copied() -> None:
    paragraph = f"<w:p>{run('one')}</w:p>"
    data = archive(
        document=f"<w:tbl><w:tr><w:tc>{paragraph}</w:tc></w:tr></w:tbl>",
        header1=paragraph,
        footnotes=f"<w:footnote>{paragraph}</w:footnote>",
        styles=paragraph,
    )
    new = translate_upper(DOCX(data))
    assert part(new) == part(data).replace("one", "ONE")
    assert part(new, "header1") == paragraph.replace("one", "ONE")
    assert part(new, "footnotes") == part(data, "footnotes").replace("one", "ONE")
    with ZipFile(io.BytesIO(data)) as old_file, ZipFile(io.BytesIO(new)) as new_file:
        assert new_file.namelist() == old_file.namelist()
        for name in ("[Content_Types].xml", "word/styles.xml", "word/media/a.png"):
            assert new_file.read(name) == old_file.read(name)
        image = new_file.getinfo("word/media/a.png")
        assert (image.date_time, image.compress_type) == ((2001, 2, 3, 4, 5, 6), ZIP_STORED)


def test_runs_with_the_same_appearance_are_one_text() -> None:
    translator = FakeTranslator(str.upper)
    lang = '<w:rPr><w:lang w:val="en"/></w:rPr>'
    content = f'{run("o")}<w:proofErr w:type="spellStart"/>{run("ne t", lang)}{run("wo")}'
    assert translated(content, translator) == run("ONE TWO")
    assert translator.rounds == [["one two"]]


def test_formats_follow_their_text() -> None:
    content = f"{run('The ')}{run('red', BOLD)}{run(' car ')}{run('here', ITALIC)}"
    translator = by_dictionary(
        {"The red car here": "Hier das rote Auto", "red": "rote", "here": "hier"}
    )
    assert translated(content, translator) == (
        f"{run('Hier', ITALIC)}{run(' das ')}{run('rote', BOLD)}{run(' Auto')}"
    )


def test_blanks_of_another_format_do_not_split_a_text() -> None:
    translator = FakeTranslator(str.upper)
    assert translated(f"{run('one')}{run(' ', BOLD)}{run('two')}", translator) == run("ONE TWO")


def test_a_text_that_cannot_be_aligned_is_translated_in_fragments() -> None:
    content = f"{run('one ')}{run('two', BOLD)}{run(' three')}"
    new = translated(content, by_dictionary({"one two three": "1 2 3"}))
    assert new == f"{run('ONE ')}{run('TWO', BOLD)}{run(' THREE')}"


def test_links_fields_and_insertions_stay_around_their_text() -> None:
    link = f'<w:hyperlink r:id="rId1">{run("two", BOLD)}</w:hyperlink>'
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>REF x</w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("three")}'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    insertion = f'<w:ins w:id="1">{run("four")}</w:ins>'
    content = f"{run('one ')}{link}{run(' ')}{field}{run(' ')}{insertion}"
    new = translated(content, FakeTranslator(reverse))
    for old in (link, field, insertion):
        assert re.sub(r"(?<=>)(two|three|four)(?=<)", lambda m: m[0].upper(), old) in new
    assert re.findall(r"> ?([A-Z]+) ?<", new) == ["FOUR", "THREE", "TWO", "ONE"]


def test_breaks_and_pictures_separate_texts_and_keep_their_formats() -> None:
    translator = FakeTranslator(str.upper)
    picture = f"<w:r>{BOLD}<w:drawing/></w:r>"
    content = f"<w:pPr><w:jc/></w:pPr><w:r>{BOLD}<w:t>a</w:t><w:br/><w:t>b</w:t></w:r>{picture}"
    assert translated(content, translator) == (
        f"<w:pPr><w:jc/></w:pPr>{run('A', BOLD)}<w:r>{BOLD}<w:br/></w:r>{run('B', BOLD)}{picture}"
    )
    assert translator.rounds == [["a", "b"]]


def test_a_text_box_is_translated_once() -> None:
    box = f"<w:r><w:drawing><w:txbxContent><w:p>{run('in')}</w:p></w:txbxContent></w:drawing></w:r>"
    translator = FakeTranslator(str.upper)
    assert translated(f"{run('out')}{box}", translator) == run("OUT") + box.replace("in<", "IN<")
    assert translator.rounds == [["out", "in"]]


def test_a_content_control_keeps_its_properties() -> None:
    control = "<w:sdt><w:sdtPr><w:id/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
    content = f"{run('one ')}{control.format(run('two'))}"
    assert translated(content, FakeTranslator(str.upper)) == (
        f"{run('ONE ')}{control.format(run('TWO'))}"
    )


def test_text_is_escaped_and_loses_characters_invalid_in_xml() -> None:
    translator = FakeTranslator(lambda text: "a < b &\x0b c")
    assert translated(run("x &amp; y"), translator) == run("a &lt; b & c".replace("& ", "&amp; "))
    assert translator.rounds == [["x & y"]]


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with ZipFile(packed, "w") as file:
        for name, content in members.items():
            file.writestr(f"{name}.xml", content)
    return packed.getvalue()


def replaced(old: bytes, new: bytes) -> bytes:
    """Return the archive with bytes replaced in all of its members."""
    packed = io.BytesIO()
    with (
        ZipFile(io.BytesIO(archive(document="<w:p>secret</w:p>"))) as file,
        ZipFile(packed, "w") as copy,
    ):
        for name in file.namelist():
            copy.writestr(name, file.read(name).replace(old, new))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (archive()[:200], "not a .docx, or is damaged"),
        (zipped(), "not a .docx: it has no"),
        (zipped(secret=b""), "not a .docx: it has no"),
        (replaced(b"wordprocessingml", b"spreadsheetml"), "contains no .docx"),
        (replaced(b"/word/document.xml", b"/word/secret.xml"), "lacks a part"),
        (replaced(b"</w:p>", b"</w:q>"), "word/document.xml is not valid XML at line 1"),
        (replaced(b"<w:document", b"<!DOCTYPE secret []><w:document"), "has a document type"),
    ],
)
def test_damaged_files(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        translate_identity(DOCX(data))
    assert "secret" not in str(caught.value)


def test_a_flipped_byte_is_detected_or_harmless() -> None:
    data = archive(document=f"<w:p>{run('one')}</w:p>")
    for position in range(0, len(data), 3):
        damaged = data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :]
        with suppress(DocumentError):
            FakeTranslator(str.upper).translate(DOCX(damaged))
