"""Files of any size that cost a reader as much as possible: tiny pieces, giant lines, deep nesting.

A test and `measure_sizes.py` open them. The suffixes of a group have the same reader.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZipFile

from tests.unit.documents.packages import (
    SAMPLES,
    book,
    open_document,
    page,
    presentation,
    word,
    workbook,
    zipped,
)

_MEDIA = "word/media/image1.bin"
_BOMB_BYTES = 257 << 20  # more than an archive may unpack to
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Repeated:
    """A head, a unit as often as it fits, and a tail. `%d` in a unit is its number."""

    unit: str
    head: str = ""
    tail: str = ""
    close: str = ""  # for nesting: as often as the unit, after the middle
    middle: str = ""

    def text(self, size: int) -> str:
        """Return about `size` characters."""
        width = len(self.unit) + len(self.close) + (6 if "%d" in self.unit else 0)
        count = max(1, (size - len(self.head) - len(self.tail)) // width)
        if "%d" in self.unit:
            units = "".join(self.unit.replace("%d", str(number)) for number in range(count))
        else:
            units = self.unit * count
        return f"{self.head}{units}{self.middle}{self.close * count}{self.tail}"


def _xml(root: str, unit: str, *, tag: str | None = None) -> Repeated:
    return Repeated(unit, f"<{tag or root}>", f"</{root}>")


_XLIFF = '<xliff version="1.2"><file source-language="en"><body>', "</body></file></xliff>"
_XLIFF_2 = '<xliff version="2.0" srcLang="en"><file id="f">', "</file></xliff>"
_TMX = '<tmx version="1.4"><header srclang="en"/><body>', "</body></tmx>"
_TS = '<TS version="2.1" sourcelanguage="en"><context>', "</context></TS>"
_PLIST = '<plist version="1.0"><dict>', "</dict></plist>"
_SRT_TIME = "0:0:1,0 --> 0:0:2,0\n"
_VTT_TIME = "00:01.000 --> 00:02.000\n"
_SBV_TIME = "0:00:01.000,0:00:02.000\n"
_EVENTS = "[Events]\nFormat: Text\n"
_NO_HEADER = "This is no header.\n"
_PROSE = "Word word word word word."

_LINES = {"lines": Repeated("a\n"), "one line": Repeated("word "), "blank": Repeated("\n")}
_LIGHT = {
    "paragraphs": Repeated("a\n\n"),
    "items": Repeated("- a\n"),
    "spans": Repeated("*a* "),
    "code": Repeated("`a` "),
    "words": Repeated("word "),
    "lines": Repeated("word word word word word word word word word word word\n"),
}
_HTML = {
    "paragraphs": Repeated("<p>a</p>"),
    "spans": Repeated("<b>a</b> "),
    "references": Repeated("a&amp;"),
    "attributes": Repeated('<i title="a">'),
    "breaks": Repeated("a<br/>"),
    "code": Repeated("<p>a <code>b</code></p>"),
    "nested": Repeated("<div>", close="</div>", middle="a"),
    "inline": Repeated("<i>", close="</i>", middle="a"),
    "comment": Repeated("word ", "<!--", "-->"),
    "comments": Repeated("<!---->"),
    "words": Repeated("word "),
}
_JSON = {
    "values": Repeated('"a b",', "[", '"a b"]'),
    "tiny": Repeated("0,", "[", "0]"),
    "names": Repeated('"%d":"a b",', "{", '"z":"z z"}'),
    "objects": Repeated('{"a":"b c"},', "[", "{}]"),
    "nested": Repeated("[", close="]"),
    "one value": Repeated("word ", '["', '"]'),
    "empty": Repeated("[],", "[", "[]]"),
}

TEXTS: dict[tuple[str, ...], dict[str, Repeated]] = {
    (".txt",): {
        **_LINES,
        "cells": Repeated("a\t"),
        "paragraphs": Repeated("a\n\n"),
        "wrapped": Repeated("word word word word word word word word word word word\n"),
        "hyphens": Repeated("a-\nb "),
    },
    (".md", ".markdown", ".mdx"): {
        **_LIGHT,
        "links": Repeated("[a](b) "),
        "rows": Repeated("|a|b|\n", "|a|b|\n|-|-|\n"),
        "headings": Repeated("# a\n"),
        "quotes": Repeated(">", tail="a\n"),
        "nested": Repeated("- ", tail="a\n"),
        "comment": Repeated("word ", "<!--", "-->"),
        "html": Repeated("<p>a</p>\n\n"),
        "backticks": Repeated("`"),
    },
    (".rst",): {
        **_LIGHT,
        "titles": Repeated("a\n=\n\n"),
        "comment": Repeated("  word\n", "..\n"),
        "notes": Repeated(".. note:: a\n\n"),
        "references": Repeated("`a`_ "),
        "blank": Repeated("\n"),
    },
    (".adoc", ".asciidoc"): {
        **_LIGHT,
        "titles": Repeated("== a\n\n"),
        "comments": Repeated("// a\n"),
        "terms": Repeated("a:: b\n"),
        "blank": Repeated("\n"),
    },
    (".html", ".htm"): _HTML,
    (".xhtml", ".xht"): {
        name: Repeated(unit.unit, "<html><body>", "</body></html>", unit.close, unit.middle)
        for name, unit in _HTML.items()
    },
    (".csv",): {
        "cells": Repeated("a b,a b\n", _NO_HEADER),
        "usual": Repeated(f"%d,{_PROSE},word word\n", _NO_HEADER),
        "quoted": Repeated('"a b"\n', _NO_HEADER),
        "one row": Repeated("a b,"),
        "one cell": Repeated("word "),
        "empty": Repeated(","),
        "rows": Repeated("\n"),
    },
    (".tsv",): {
        "cells": Repeated("a b\ta b\n", _NO_HEADER),
        "one row": Repeated("a b\t"),
        "empty": Repeated("\t"),
    },
    (".json", ".arb"): _JSON,
    (".jsonl", ".ndjson"): {
        "lines": Repeated('"a b"\n'),
        "objects": Repeated('{"a":"b c"}\n'),
        "usual": Repeated('{"id": %d, "title": "Word word", "text": "' + _PROSE + '"}\n'),
        "one line": _JSON["values"],
        "numbers": Repeated("0\n"),
        "nested": Repeated("[", close="]"),
    },
    (".xcstrings",): {
        "strings": Repeated('"a %d":{},', '{"sourceLanguage":"en","strings":{', '"z z":{}}}'),
        "filled": Repeated(
            '"a %d":{"localizations":{"fr":{"stringUnit":{"state":"new","value":"b"}}}},',
            '{"sourceLanguage":"en","strings":{',
            '"z z":{}}}',
        ),
    },
    (".strings",): {
        "values": Repeated('"a"="b c";\n'),
        "comment": Repeated("word ", "/*", "*/"),
        "comments": Repeated("/**/"),
    },
    (".properties",): {
        "values": Repeated("a=b c\n"),
        "comments": Repeated("#\n"),
        "one value": Repeated("word ", "a="),
        "escapes": Repeated("\\n", "a="),
        "arguments": Repeated("a={0}''\n"),
    },
    (".yml", ".yaml"): {
        "list": Repeated("- a b\n"),
        "names": Repeated("a%d: b c\n"),
        "nested": Repeated("[", close="]"),
        "blocks": Repeated("- |\n  a b\n"),
        "flow": Repeated("[],", "[", "]"),
        "plurals": Repeated("{one: a b, other: a c},", "[", "]"),
        "one value": Repeated("word ", "a: "),
        "comment": Repeated("#\n"),
    },
    (".toml",): {
        "values": Repeated('a%d="b c"\n'),
        "list": Repeated('"a b",', "a=[", "]"),
        "tables": Repeated("[[a]]\n"),
        "comments": Repeated("#\n"),
        "one value": Repeated("word ", 'a="', '"'),
        "inline": Repeated("{},", "a=[", "]"),
    },
    (".ini",): {
        "values": Repeated("a=b c\n"),
        "sections": Repeated("[a]\n"),
        "comments": Repeated(";\n"),
    },
    (".ftl",): {"messages": Repeated("a = b c\n"), "comments": Repeated("#\n")},
    (".php",): {
        "list": Repeated("'a b',", "<?php return [", "];"),
        "nested": Repeated("[", "<?php return ", ";", "]"),
        "statements": Repeated("$a['b'] = 'c d';\n", "<?php\n"),
        "comments": Repeated("/**/", "<?php ", "return [];"),
        "one value": Repeated("word ", "<?php return ['", "'];"),
    },
    (".po", ".pot"): {
        "messages": Repeated('msgid "a b"\nmsgstr ""\n\n'),
        "lines": Repeated('"a "\n', 'msgid ""\n', 'msgstr ""\n'),
        "comments": Repeated("#\n"),
        "obsolete": Repeated('#~ msgid "a"\n#~ msgstr ""\n\n'),
    },
    (".srt",): {
        "cues": Repeated(f"{_SRT_TIME}a\n\n"),
        "usual": Repeated(f"%d\n00:00:01,000 --> 00:00:02,500\n{_PROSE}\nWord word.\n\n"),
        "lines": Repeated("a\n", _SRT_TIME),
        "one line": Repeated("word ", _SRT_TIME),
        "tags": Repeated("<i>a</i> ", _SRT_TIME),
        "dashes": Repeated("- a\n", _SRT_TIME),
    },
    (".vtt",): {
        "cues": Repeated(f"{_VTT_TIME}a\n\n", "WEBVTT\n\n"),
        "lines": Repeated("a\n", f"WEBVTT\n\n{_VTT_TIME}"),
        "dashes": Repeated("- a\n", f"WEBVTT\n\n{_VTT_TIME}"),
        "note": Repeated("word\n", "WEBVTT\n\nNOTE\n"),
    },
    (".sbv",): {
        "cues": Repeated(f"{_SBV_TIME}a\n\n"),
        "lines": Repeated("a\n", _SBV_TIME),
        "dashes": Repeated("- a\n", _SBV_TIME),
    },
    (".ass", ".ssa"): {
        "dialogue": Repeated("Dialogue:a\n", _EVENTS),
        "breaks": Repeated("a\\N", f"{_EVENTS}Dialogue:"),
        "overrides": Repeated("a{}", f"{_EVENTS}Dialogue:"),
        "comments": Repeated(";\n", _EVENTS),
    },
    (".ttml", ".dfxp"): {
        "paragraphs": Repeated("<p>a</p>", "<tt><body><div>", "</div></body></tt>"),
        "spans": Repeated("<span>a</span>", "<tt><body><p>", "</p></body></tt>"),
        "words": Repeated("word ", "<tt><body><p>", "</p></body></tt>"),
        "references": Repeated("a&amp;", "<tt><body><p>", "</p></body></tt>"),
    },
    (".xlf", ".xliff"): {
        "units": Repeated('<trans-unit id="1"><source>a</source></trans-unit>', *_XLIFF),
        "codes": Repeated('a<x id="1"/>', f"{_XLIFF[0]}<trans-unit id='1'><source>",
                          f"</source></trans-unit>{_XLIFF[1]}"),
        "units of 2": Repeated("<unit><segment><source>a</source></segment></unit>", *_XLIFF_2),
        "comment": Repeated("word ", f"{_XLIFF[0]}<!--", f"-->{_XLIFF[1]}"),
        "nested": Repeated("<group>", *_XLIFF, close="</group>"),
    },
    (".tmx",): {
        "units": Repeated('<tu><tuv xml:lang="en"><seg>a</seg></tuv></tu>', *_TMX),
        "references": Repeated("a&amp;", f'{_TMX[0]}<tu><tuv xml:lang="en"><seg>',
                               f"</seg></tuv></tu>{_TMX[1]}"),
    },
    (".xml",): {
        "strings": _xml("resources", '<string name="a">b c</string>'),
        "items": Repeated("<item>a b</item>", "<resources><string-array name='a'>",
                          "</string-array></resources>"),
        "references": Repeated("a&amp;", "<resources><string name='a'>",
                               "</string></resources>"),
        "spans": Repeated("<b>a</b> ", "<resources><string name='a'>", "</string></resources>"),
        "quotes": Repeated('"a" ', "<resources><string name='a'>", "</string></resources>"),
        "nested": Repeated("<b>", "<resources>", "</resources>", close="</b>"),
        "comment": Repeated("word ", "<resources><!--", "--></resources>"),
    },
    (".resx", ".resw"): {
        "data": _xml("root", '<data name="a"><value>b c</value></data>'),
        "words": Repeated("word ", "<root><data name='a'><value>", "</value></data></root>"),
        "tags": Repeated("&lt;b>a&lt;/b> ", "<root><data name='a'><value>",
                         "</value></data></root>"),
    },
    (".ts",): {
        "messages": Repeated("<message><source>a b</source><translation/></message>", *_TS),
        "words": Repeated("word ", f"{_TS[0]}<message><source>",
                          f"</source><translation/></message>{_TS[1]}"),
    },
    (".stringsdict",): {
        "entries": Repeated(
            "<key>a</key><dict><key>NSStringVariableWidthRuleType</key><dict><key>20</key>"
            "<string>b c</string></dict></dict>", *_PLIST),
        "plurals": Repeated(
            "<key>a</key><dict><key>NSStringLocalizedFormatKey</key><string>%#@b@</string>"
            "<key>b</key><dict><key>NSStringFormatSpecTypeKey</key><string>"
            "NSStringPluralRuleType</string><key>NSStringFormatValueTypeKey</key><string>d"
            "</string><key>other</key><string>c d</string></dict></dict>", *_PLIST),
    },
}  # fmt: skip
"""Texts by the suffixes of their reader and a name."""

Member = tuple[Callable[[str], bytes], Repeated]
_TABLE = '<table:table table:name="a"><table:table-row>', "</table:table-row></table:table>"

PACKAGES: dict[tuple[str, ...], dict[str, Member]] = {
    (".docx", ".docm", ".dotx"): {
        "paragraphs": (word, Repeated("<w:p><w:r><w:t>a</w:t></w:r></w:p>")),
        "runs": (word, Repeated("<w:r><w:t>a</w:t></w:r>", "<w:p>", "</w:p>")),
        "formats": (word, Repeated("<w:r><w:rPr><w:b/></w:rPr><w:t>a</w:t></w:r><w:r><w:t>b</w:t>"
                                   "</w:r>", "<w:p>", "</w:p>")),
        "empty": (word, Repeated("<w:p/>")),
        "bookmarks": (word, Repeated('<w:bookmarkStart w:id="%d"/>', "<w:p>", "</w:p>")),
        "nested": (word, Repeated("<w:sdt><w:sdtContent>", close="</w:sdtContent></w:sdt>")),
        "words": (word, Repeated("word ", "<w:p><w:r><w:t>", "</w:t></w:r></w:p>")),
    },
    (".pptx",): {
        "paragraphs": (presentation, Repeated("<a:p><a:r><a:t>a</a:t></a:r></a:p>")),
        "runs": (presentation, Repeated("<a:r><a:t>a</a:t></a:r>", "<a:p>", "</a:p>")),
    },
    (".xlsx",): {
        "strings": (workbook, Repeated("<si><t>a b</t></si>")),
        "runs": (workbook, Repeated("<r><t>a b</t></r>", "<si>", "</si>")),
        "cells": (lambda sheet: workbook("", f"<sheetData><row>{sheet}</row></sheetData>"),
                  Repeated('<c t="inlineStr"><is><t>a b</t></is></c>')),
        "formulas": (lambda sheet: workbook(
            "<si><t>a b</t></si>", f"<sheetData><row>{sheet}</row></sheetData>"),
                     Repeated('<c><f>"%d"</f></c>')),
    },
    (".odp",): {
        "paragraphs": (lambda body: open_document(".odp", body), Repeated("<text:p>a</text:p>")),
    },
    (".odt",): {
        "paragraphs": (lambda body: open_document(".odt", body), Repeated("<text:p>a</text:p>")),
        "spans": (lambda body: open_document(".odt", body),
                  Repeated("<text:span>a</text:span> ", "<text:p>", "</text:p>")),
    },
    (".ods",): {
        "cells": (lambda body: open_document(".ods", body),
                  Repeated("<table:table-cell><text:p>a b</text:p></table:table-cell>", *_TABLE)),
    },
    (".epub",): {
        "paragraphs": (lambda body: book({"a.xhtml": page(body)}), Repeated("<p>a</p>")),
        "spans": (lambda body: book({"a.xhtml": page(body)}), Repeated("<b>a</b> ")),
        "references": (lambda body: book({"a.xhtml": page(body)}), Repeated("a&amp;")),
    },
}  # fmt: skip
"""Members of archives by the suffixes of their reader and a name; the size is theirs, unpacked."""

_SAMPLES = SAMPLES | dict.fromkeys((".docm", ".dotx"), SAMPLES[".docx"])


def names(suffix: str) -> list[str]:
    """Return the names of the files of a format."""
    if suffix == ".parquet":
        return ["strings", "repeated"]
    found = [name for suffixes, each in TEXTS.items() if suffix in suffixes for name in each]
    found += [name for suffixes, each in PACKAGES.items() if suffix in suffixes for name in each]
    return found + (["pictures", "bomb", "members"] if suffix in _SAMPLES else [])


def dense_file(suffix: str, name: str, size: int) -> bytes:
    """Return a file; `size` is that of its text in bytes, before it is compressed."""
    if suffix == ".parquet":
        return _parquet(size, repeated=name == "repeated")
    for suffixes, texts in TEXTS.items():
        if suffix in suffixes:
            return texts[name].text(size).encode()
    if name in ("pictures", "bomb", "members"):
        return _archive(suffix, name, size)
    (member,) = (each[name] for suffixes, each in PACKAGES.items() if suffix in suffixes)
    make, repeated = member
    return make(repeated.text(size))


def _archive(suffix: str, name: str, size: int) -> bytes:
    """Return an archive with another member: random, or huge; or with as many as possible."""
    with ZipFile(BytesIO(_SAMPLES[suffix])) as file:
        members: dict[str, str | bytes] = {each: file.read(each) for each in file.namelist()}
    if name == "pictures":
        members[_MEDIA] = random.Random(1).randbytes(size)
    elif name == "bomb":
        members[_MEDIA] = bytes(_BOMB_BYTES)
    else:
        members |= {f"a{number}": b"" for number in range(size // 100)}
    return zipped(members)


def _parquet(size: int, *, repeated: bool) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    count = size // (4 if repeated else 12)
    texts = ["a b"] * count if repeated else [f"a b {number}" for number in range(count)]
    packed = BytesIO()
    pq.write_table(pa.table({"text": texts}), packed)
    return packed.getvalue()
