"""The encoding of an HTML file: declared, kept, written as references where letters are missing."""

import pytest

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    translate_identity,
    translate_upper,
)


def test_files_keep_their_encoding() -> None:
    translate = document_of(".html")
    assert translate_upper(translate(b"\xef\xbb\xbf<p>a")) == b"\xef\xbb\xbf<p>A"
    latin = '<meta charset="iso-8859-1"><p>é'.encode("latin-1")
    assert translate_upper(translate(latin)) == latin.replace(b"\xe9", b"\xc9")
    translator = FakeTranslator(lambda text: "日")
    assert translator.translate(translate(latin)) == latin.replace(b"\xe9", b"&#26085;")


@pytest.mark.parametrize(
    "declared", [b"<meta charset=utf-8>", b"<meta charset=hex>", b"<meta charset=x>"]
)
def test_an_unknown_encoding_is_rejected(declared: bytes) -> None:
    with pytest.raises(DocumentError):
        translate_identity(document_of(".html")(declared + b"\xe9"))
