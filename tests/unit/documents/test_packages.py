"""What all formats in zip archives share: identity, structure, hostile files."""

import io
import tracemalloc
import warnings
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest

from documents import DocumentError
from tests.unit.documents.packages import SAMPLES, structure, zipped
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    translate_identity,
    translate_upper,
)

FORMATS = pytest.mark.parametrize("suffix", sorted(SAMPLES))
TEXT_PARTS = {
    ".docx": "word/document.xml",
    ".pptx": "ppt/slides/slide1.xml",
    ".xlsx": "xl/sharedStrings.xml",
    ".odt": "content.xml",
    ".ods": "content.xml",
    ".odp": "content.xml",
    ".epub": "OEBPS/a.opf",
}


def changed(suffix: str, name: str, content: bytes) -> bytes:
    """Return the sample of a format with one member replaced or added."""
    with ZipFile(io.BytesIO(SAMPLES[suffix])) as file:
        members: dict[str, str | bytes] = {other: file.read(other) for other in file.namelist()}
    return zipped(members | {name: content})


def error_of(suffix: str, data: bytes) -> str:
    with pytest.raises(DocumentError) as caught:
        translate_upper(document_of(suffix)(data))
    return str(caught.value)


@FORMATS
def test_an_identical_translation_changes_nothing(suffix: str) -> None:
    assert translate_identity(document_of(suffix)(SAMPLES[suffix])) == SAMPLES[suffix]


@FORMATS
def test_order_dates_and_compression_of_members_stay(suffix: str) -> None:
    data = changed(suffix, "picture.png", b"\x89PNG")
    new = translate_upper(document_of(suffix)(data))
    assert b"ONE TWO" in zipped({"all": b"".join(_contents(new))}, ZIP_STORED)
    with ZipFile(io.BytesIO(data)) as old_file, ZipFile(io.BytesIO(new)) as new_file:
        assert _directory(old_file) == _directory(new_file)
        assert new_file.read("picture.png") == b"\x89PNG"
        assert new_file.infolist()[0].extra == b""


def _contents(data: bytes) -> list[bytes]:
    with ZipFile(io.BytesIO(data)) as file:
        return [file.read(name) for name in file.namelist()]


def _directory(file: ZipFile) -> list[tuple[object, ...]]:
    return [(info.filename, info.date_time, info.compress_type) for info in file.infolist()]


@FORMATS
def test_elements_stay(suffix: str) -> None:
    data = SAMPLES[suffix]
    new = translate_upper(document_of(suffix)(data, target="en"))
    names = [name for name, _ in structure(data)]
    assert [name for name, _ in structure(new)] == names
    for (name, old), (_, now) in zip(structure(data), structure(new), strict=True):
        if isinstance(old, list) and isinstance(now, list):
            assert [tag for tag, _ in old] == [tag for tag, _ in now], name


@FORMATS
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not a {}, or is damaged"),
        (b"secret" * 100, "is not a {}, or is damaged"),
        (zipped({"secret": b""}), "is an archive, but not a {}"),
        (zipped({"../secret": b""}), "a path outside of it"),
        (zipped({"/secret": b""}), "a path outside of it"),
        (zipped({"a\\..\\secret": b""}), "a path outside of it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "or encrypted"),
        (b"%PDF-1.7 secret", "a PDF file"),
    ],
)
def test_what_is_no_such_file(suffix: str, data: bytes, message: str) -> None:
    error = error_of(suffix, data)
    assert message.format(suffix) in error
    assert "secret" not in error


@FORMATS
def test_a_truncated_file(suffix: str) -> None:
    data = SAMPLES[suffix]
    for length in (100, len(data) // 2, len(data) - 1):
        assert "damaged" in error_of(suffix, data[:length])


@FORMATS
def test_an_encrypted_file(suffix: str) -> None:
    data = bytearray(SAMPLES[suffix])
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(signature) + flags] |= 1
    assert error_of(suffix, bytes(data)) == "the file is encrypted"


@FORMATS
def test_two_members_with_one_name(suffix: str) -> None:
    packed = io.BytesIO(SAMPLES[suffix])
    with warnings.catch_warnings(), ZipFile(packed, "a") as file:
        warnings.simplefilter("ignore")
        file.writestr(TEXT_PARTS[suffix], b"<a/>")
    assert "two members with the same name" in error_of(suffix, packed.getvalue())


@FORMATS
@pytest.mark.parametrize(
    "document",
    [
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a d="&c;">&c;</a>',
        b"<a>" * 100_000,
        b"<a>" * 100_000 + b"</a>" * 100_000,
        b"<a",
    ],
)
def test_hostile_xml(suffix: str, document: bytes) -> None:
    error = error_of(suffix, changed(suffix, TEXT_PARTS[suffix], document))
    assert "is not valid XML at line 1" in error or "document type declaration" in error


def test_too_many_tags() -> None:
    data = changed(".docx", TEXT_PARTS[".docx"], b"<a>" + b"<b/>" * 2_000_000 + b"</a>")
    assert error_of(".docx", data) == "the file contains more than 1,500,000 tags; split it"


@FORMATS
def test_an_archive_with_too_many_members(suffix: str) -> None:
    assert "more than 20000 members" in error_of(suffix, b"PK\x01\x02" * 20_001)


@pytest.mark.parametrize("suffix", [".docx", ".epub"])
@pytest.mark.parametrize(("mebibytes", "limit"), [(33, 32), (257, 256)])
def test_bombs_are_refused_before_they_are_unpacked(
    suffix: str, mebibytes: int, limit: int
) -> None:
    packed = io.BytesIO()
    name = TEXT_PARTS[suffix] if limit == 32 else "picture.png"
    with (
        ZipFile(io.BytesIO(SAMPLES[suffix])) as old,
        ZipFile(packed, "w", ZIP_DEFLATED) as new,
    ):
        for other in old.namelist():
            if other != name:
                new.writestr(other, old.read(other))
    data = _with_zeros(packed.getvalue(), name, mebibytes)
    tracemalloc.start()
    try:
        assert error_of(suffix, data) == f"the file unpacks to more than {limit} MiB; split it"
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def _with_zeros(data: bytes, name: str, mebibytes: int) -> bytes:
    """Add a member of zeros to an archive; the 257 MiB are only promised, the 33 are there."""
    packed = io.BytesIO(data)
    with ZipFile(packed, "a", ZIP_DEFLATED, compresslevel=1) as file:
        info = ZipInfo(name)
        info.compress_type = ZIP_DEFLATED
        with file.open(info, "w", force_zip64=True) as target:
            for _ in range(min(mebibytes, 33)):
                target.write(bytes(1 << 20))
        info.file_size = mebibytes << 20
    return packed.getvalue()


@FORMATS
def test_time_is_linear_in_the_number_of_texts(suffix: str) -> None:
    """Each text is sent once, in as many rounds as for one text."""
    old = b"one two"
    with ZipFile(io.BytesIO(SAMPLES[suffix])) as file:
        name = next(name for name in file.namelist() if old in file.read(name))
        content = file.read(name)
    start = next(content.rfind(tag, 0, content.find(old)) for tag in STARTS if tag in content)
    end = content.find(b">", content.find(ENDS[suffix], start)) + 1
    many = content[:start] + content[start:end] * 500 + content[end:]
    translator = FakeTranslator(str.upper)
    translator.translate(document_of(suffix)(changed(suffix, name, many)))
    assert sum(texts.count("one two") for texts in translator.rounds) == 500
    assert len(translator.rounds) == 1


STARTS = (b"<w:p>", b"<a:p>", b"<si>", b"<text:p>", b"<p>")
ENDS = {
    ".docx": b"</w:p",
    ".pptx": b"</a:p",
    ".xlsx": b"</si",
    ".odt": b"</text:p",
    ".ods": b"</text:p",
    ".odp": b"</text:p",
    ".epub": b"</p",
}
