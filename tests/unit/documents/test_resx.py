"""Resources of .NET."""

import pytest

from documents import DocumentError
from tests.unit.documents.translators import document_of, translate_identity, translate_upper

RESX = document_of(".resx")
FILE = """<?xml version="1.0" encoding="utf-8"?>
<root>
  <!-- a comment -->
  <xsd:schema id="root" xmlns:xsd="u"><xsd:element name="data"/></xsd:schema>
  <resheader name="reader"><value>System.Resources.ResXResourceReader</value></resheader>
  <data name="Title" xml:space="preserve">
    <value>{} &amp; &quot;{}&quot;
{}</value>
    <comment>not this</comment>
  </data>
  <data name="$this.Text"><value>{}</value></data>
  <data name="$this.Size" type="System.Drawing.Size, System.Drawing"><value>one, two</value></data>
  <data name="icon" mimetype="application/x-microsoft.net.object.bytearray.base64">
    <value>AAEAAAD</value>
  </data>
  <data name="&gt;&gt;$this.Name"><value>a form</value></data>
  <data name="path"><value>images/house.png</value></data>
  <data name="html"><value>&lt;b&gt;{}&lt;/b&gt; {}</value></data>
  <data name="empty"><value /></data>
  <metadata name="$this.Localizable"><value>true thing</value></metadata>
</root>"""
WORDS = ("save", "all files", "second line", "window", "bold", "text")


def test_strings_are_translated_and_everything_else_stays() -> None:
    data = FILE.format(*WORDS).replace("\n", "\r\n").encode()
    expected = FILE.format(*(word.upper() for word in WORDS)).replace("\n", "\r\n")
    assert translate_upper(RESX(data)).decode() == expected
    assert translate_identity(document_of(".resw")(data)) == data


def test_options() -> None:
    texts = b'<data name="a.Text"><value>a</value></data><data name="b"><value>b</value></data>'
    data = b"<root>" + texts + b"</root>"
    assert translate_upper(RESX(data, keys=("*.Text",))) == data.replace(b">a<", b">A<")
    assert translate_upper(RESX(data, exclude=("a.*",))) == data.replace(b">b<", b">B<")


def test_other_files_are_refused() -> None:
    with pytest.raises(DocumentError, match=r"not a \.NET resource file"):
        translate_identity(RESX(b"<resources/>"))
