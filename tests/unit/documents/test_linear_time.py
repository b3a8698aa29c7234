"""The time that a hostile document takes grows with its length, not with its square."""

import gc
from collections.abc import Iterator
from contextlib import suppress
from time import process_time

import pytest

from documents import DocumentError
from tests.unit.documents.translators import FakeTranslator, document_of

pytestmark = pytest.mark.slow  # seconds

SHORT, LONG = 6_000, 24_000  # characters
LIMIT = 2.3**2  # for two doublings; a quadratic reader takes 16 times as long
NEGLIGIBLE = 0.2  # seconds for LONG; a quadratic reader takes seconds
ATTEMPTS = 3  # the machine may be busy in one of them
UNITS = [
    "<", "&", "<!", "<a ", "</", "<b>", "<!--", "<![CDATA[", "<?", "<%", "<!doctype ", "{%", "{{",
    "`", "`a", "[", "](", "![", "*_", "*a ", "$", "$a", ":a", "~", "\\", "|", "#", "- a\n",
    "$$\n", "{% raw %}\n", "```\n", "a", '"', "\n",
]  # fmt: skip
OTHER_UNITS = {
    ".txt": ["a", "a b\n", " ", "a  ", "- a\n", ".", ").", "> ", "a-\nb ", "家", "\xad\n", "\n"],
    ".xhtml": ["<title ", "<title/>", "<p lang='fr'>", "<![CDATA["],
    ".md": ["!!! a\n", "    a\n\n", "a\n: b\n", "[^1]: a\n", "[a](u 'b",
            "{a", "[[", "<A b={", ":::a\n"],
    ".rst": ["``", "`a ", "a_", "a-", "*", "**a", "|a", ":a:`", "::\n\n",
             "a\n=\n", ".. a:: b\n", "- a\n", "  a\n\n", "`a <"],
    ".adoc": ["`", "*a ", "__", "{a", "[[", "((", "<<", "https://a[", "a:: b\n", "----\n",
              "[source]\n", "= a\n", "+", "^a"],
    ".csv": ['"', '""', '"a",', ",", ";\n", 'a"b', ',"a"b'],
    ".tsv": ['"', "\t", '"\t'],
    ".srt": ["00:00:01 --> 0\na\n", "[", ">>", "A: b\n", "{\\", "&amp;"],
    ".ass": ["[Events]\nDialogue: ,,,,,,,,,{a\n", "[events]\n" "dialogue: ,,,,,,,,,{\\p1", "{\\k"],
}  # fmt: skip

CATALOGUES = {
    ".po": ['"', '"a"', '"a" ', 'msgid "a"\nmsgstr ""\n', '\n"a"', '#| "a"\n'],
    ".json": ['"', "[", '{"a":', "[[],"],
    ".xcstrings": ['{"strings":', '{"a":'],
    ".strings": ['"', "/*", "/", '"\\', "a ", "a = b;\n"],
    ".properties": ["\\", "=", "a=\\\n", " ", "a={0}'", "\n\\\n"],
    ".yml": ["[", "- ", "a: |\n  b\n", "a: {one: a, other: b}\n", "&a ", "{a: b,", "? a\n"],
    ".toml": ['"', "'", "a.", "a = [", "a={a=", '"a".'],
    ".ini": ["=", " ", ";", " ;", '"', "[", "a"],
    ".ftl": ["{", "a = <b>c\n"],
    ".php": ["<?php ", "<?php [", "/*", "'a'.", "array("],
}
STARTS = {".php": "<?php return [", ".properties": "a=", ".toml": "a = ", ".ftl": "a = "}

XML = '<resources><string name="a">{}</string></resources>'
FRAMES = [
    (".html", "a{}b", " "), (".xml", XML.format("a{}b"), " "), (".xml", XML, "&lt;style>"),
    (".xml", XML, '"'), (".xml", XML, "\\"), (".ttml", "<tt><body><p>{}</p></body></tt>", "<br/>a"),
]  # fmt: skip


LARGE = [  # whose parts are quick, so that a text must be longer to show what all of it costs
    (".txt", "word word word word word word word word word word word\n"), (".txt", "wor\xad\n"),
    (".adoc", "*a* "), (".srt", "00:00:01 --> 0\nword\n"),
]  # fmt: skip


@pytest.fixture
def _no_garbage_collection() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def seconds(suffix: str, unit: str, length: int, frame: str = "{}") -> float:
    data = frame.replace("{}", unit * (length // len(unit))).encode()
    begun = process_time()
    with suppress(DocumentError):  # finding out that it is no such file takes time, too
        FakeTranslator(lambda text: f"{text}.").translate(document_of(suffix)(data))
    return process_time() - begun


@pytest.mark.usefixtures("_no_garbage_collection")
@pytest.mark.parametrize(
    ("suffix", "unit"),
    [
        *((suffix, unit) for suffix in (".html", ".md") for unit in UNITS),
        *((suffix, unit) for suffix, units in OTHER_UNITS.items() for unit in units),
    ],
)
def test_time_is_linear(suffix: str, unit: str) -> None:
    check(suffix, unit)


@pytest.mark.usefixtures("_no_garbage_collection")
@pytest.mark.parametrize(("suffix", "frame", "unit"), FRAMES)
def test_time_is_linear_in_frames(suffix: str, frame: str, unit: str) -> None:
    check(suffix, unit, frame)


@pytest.mark.usefixtures("_no_garbage_collection")
@pytest.mark.parametrize("suffix", CATALOGUES)
def test_the_time_of_catalogues_is_linear(suffix: str) -> None:
    for unit in CATALOGUES[suffix]:
        check(suffix, unit)
        if suffix in STARTS:
            check(suffix, unit, f"{STARTS[suffix]}{{}}")


@pytest.mark.usefixtures("_no_garbage_collection")
@pytest.mark.parametrize(("suffix", "unit"), LARGE)
def test_the_time_of_large_texts_is_linear(suffix: str, unit: str) -> None:
    check(suffix, unit, scale=5)


def check(suffix: str, unit: str, frame: str = "{}", scale: int = 1) -> None:
    for _ in range(ATTEMPTS):
        long = seconds(suffix, unit, scale * LONG, frame)
        if long < NEGLIGIBLE or long < LIMIT * seconds(suffix, unit, scale * SHORT, frame):
            return
    pytest.fail(f"the time grows faster than the length: {suffix} {unit!r}")
