"""Dense files that are texts: a unit repeated until the file has its size."""

from dataclasses import dataclass


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
