"""Apple's .stringsdict."""

import pytest

from documents import DocumentError
from tests.unit.documents.translators import (
    FakeTranslator,
    document_of,
    translate_identity,
    translate_upper,
)

STRINGSDICT = document_of(".stringsdict")
FILE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
\t<key>%d files</key>
\t<dict>
\t\t<key>NSStringLocalizedFormatKey</key>
\t\t<string>{format}</string>
\t\t<key>files</key>
\t\t<dict>
\t\t\t<key>NSStringFormatSpecTypeKey</key>
\t\t\t<string>NSStringPluralRuleType</string>
\t\t\t<key>NSStringFormatValueTypeKey</key>
\t\t\t<string>lu</string>
\t\t\t<key>zero</key>
\t\t\t<string>{zero}</string>
\t\t\t<key>one</key>
\t\t\t<string>{one}</string>{added}
\t\t\t<key>other</key>
\t\t\t<string>{other}</string>
\t\t</dict>
\t</dict>
\t<key>width</key>
\t<dict>
\t\t<key>NSStringVariableWidthRuleType</key>
\t\t<dict>
\t\t\t<key>20</key>
\t\t\t<string>{width}</string>
\t\t</dict>
\t</dict>
</dict>
</plist>
"""
TEXTS = {
    "format": "%#@files@ in the &amp; folder",
    "zero": "no files",
    "one": "a file",
    "other": "%lu files",
    "width": "short",
}


def upper(added: str = "", **changed: str) -> str:
    texts = {name: text.upper().replace("&AMP;", "&amp;") for name, text in TEXTS.items()}
    texts["format"] = "%#@files@ IN THE &amp; FOLDER"
    return FILE.format(added=added, **(texts | changed))


def test_variants_and_formats_are_translated_and_everything_else_stays() -> None:
    data = FILE.format(added="", **TEXTS).encode()
    translator = FakeTranslator(str.upper)
    assert translator.translate(STRINGSDICT(data)).decode() == upper()
    assert "{{files}} in the & folder" in translator.rounds[0]
    assert translate_identity(STRINGSDICT(data)) == data


def test_the_variants_are_those_of_the_language() -> None:
    data = FILE.format(added="", **TEXTS).encode()
    added = "".join(
        f"\n\t\t\t<key>{name}</key>\n\t\t\t<string>%LU FILES</string>" for name in ("few", "many")
    )
    assert translate_upper(STRINGSDICT(data, "pl")).decode() == upper(added)
    russian = translate_upper(STRINGSDICT(data, "ru")).decode()
    assert russian == upper(added, one="%LU FILES")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"bplist00\xd1\x01\x02", "binary property lists are not read"),
        (b"<plist><array/></plist>", "not a property list with a dictionary"),
        (b"<resources/>", "not a property list with a dictionary"),
    ],
)
def test_other_files_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        translate_identity(STRINGSDICT(data))
