"""HTML: text is translated, and every other byte stays the same."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import translate_html
from tests.unit.documents.translators import (
    FakeTranslator,
    by_dictionary,
    reverse,
    translate_identity,
    translate_upper,
)

FRAGMENTS = [
    "<", ">", "/", "</", "<!--", "-->", "<!", "<?", "&", "&amp;", "&#65;", "&nbsp", "&eacute;",
    '"', "'", "=", " ", "\n", "\r\n", "\r", "\x00", "a", "Hello.", "the cat", "é😀", "<p>",
    "</p>", "<b>", "</b>", "<i class='notranslate'>", "</i>", "<a href=x title='go'>", "</a>",
    '<img alt="it\'s">', "<br/>", "<p translate=no>", "<span translate=yes>", "</span>",
    "<script>", "</script>", "<textarea>", "</textarea>", "<title>", "</title>", "<code>",
    "</code>", "<table><td>", "<li>", "</>", "<svg/>", "<![CDATA[", "]]>", "<noscript>",
    "</noscript>", "<plaintext>", "<a href=",
]  # fmt: skip
MARKUP = st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join)
TAG = re.compile(r"<[^<>]*>")

INLINE = st.recursive(
    st.sampled_from(["one", "two. ", " three ", "four, ", "&amp;", "\n", "<!--c-->", "<br>"]),
    lambda inner: st.builds(
        "<{0}>{1}</{0}>".format,
        st.sampled_from(["b", "i", "a", "span", "code", "p", "x-y", "div"]),
        st.lists(inner, max_size=4).map("".join),
    ),
    max_leaves=12,
)


@given(MARKUP)
def test_an_identical_translation_changes_nothing(markup: str) -> None:
    assert translate_identity(translate_html(markup)) == markup


@given(MARKUP)
def test_any_markup_survives(markup: str) -> None:
    FakeTranslator(reverse).translate(translate_html(markup))


@given(st.lists(INLINE, max_size=5).map("".join))
def test_no_tag_is_lost_or_doubled(markup: str) -> None:
    for function in (str.upper, reverse, lambda text: "new", lambda text: ""):
        translated = FakeTranslator(function).translate(translate_html(markup))
        assert sorted(TAG.findall(translated)) == sorted(TAG.findall(markup))


@pytest.mark.parametrize(
    "translated",
    [
        "PLAIN TEXT",
        "<!doctype html><!-- no --><?php no ?>A",
        "A <script>if (a<b) c()</script> B",
        "<style>p > a {}</style><pre>x\n y</pre>A",
        "<textarea>a <b> c</textarea>",
        "<title>A &amp; B</title>",
        "<noscript><p>ON <b>OR</b> OFF</p></noscript>",
        "<select><option>ONE<option value=a>TWO</select>",
        "<td>1,000</td><td>&mdash;</td><td>X",
        "<svg><path d='a'/><text>HI</text></svg>",
    ],
)
def test_which_content_is_text(translated: str) -> None:
    assert translate_upper(translate_html(translated.lower())) == translated


@pytest.mark.parametrize(
    ("markup", "text", "translated"),
    [
        ("a &lt;b&gt; &amp; c", "a <b> & c", "A &lt;B&gt; &amp; C"),
        ("caf&eacute;", "café", "CAFÉ"),
        ("&nbsp;a&nbsp;b&nbsp;", "a\xa0b", "&nbsp;A&nbsp;B&nbsp;"),
        ("a < b & c", "a < b & c", "A &lt; B &amp; C"),
        ("&#x41;&#66;c", "ABc", "&#x41;&#66;C"),
        ("&unknown; x", "&unknown; x", "&amp;UNKNOWN; X"),
    ],
)
def test_references_are_decoded_and_written(markup: str, text: str, translated: str) -> None:
    translator = FakeTranslator(str.upper)
    assert translator.translate(translate_html(markup)) == translated
    assert translator.rounds == [[text]]


@pytest.mark.parametrize(
    "translated",
    [
        "<p translate='no'>a</p>B",
        "<p translate=no>a<p>B",
        "<div><p translate=no>a</div>B",
        "<ul><li translate=no>a<ul><li>b</ul><li>C</ul>",
        "<div class='x notranslate'><p>a</p><b>c</b></div>D",
        "<div class='notranslated'>A</div>",
        "<div translate=no>a<p translate=yes>B</p>c</div>D",
        "<div translate=no>a<i translate=''>B</i></div>D",
        "<div translate=no><div>a</div>b</div>C",
        "<img translate=no alt=a> <p translate=no title=b>",
        "</p></b><code>x",
    ],
)
def test_which_content_is_not_translated(translated: str) -> None:
    assert translate_upper(translate_html(translated.lower())) == translated


@pytest.mark.parametrize(
    "translated",
    [
        '<img alt="A CAT" src="a">',
        '<a aria-label="X" href="?a=b&c" data-title="y">Z</a>',
        '<img alt="" title=" 12 ">',
        '<th abbr="X" scope="row"><td abbr="x">',
        '<option label="X" value="y">Z<track label="X" src="y"><p label="x">',
        '<input type="submit" value="OPEN"><input type=reset value=\'X\'>',
        '<input type="text" value="x" placeholder="Y"><input value="x">',
        '<button value="x">Y</button>',
        '<meta name="description" content="X"><meta content="X" property="og:title">',
        '<meta name="viewport" content="x"><meta http-equiv="refresh" content="x">',
        '<p title="{{ x }}" aria-description="A {{ x }} B">',
        '<p <?php if (1 > 0) echo "title=\'x\'" ?> title="Y">',
    ],
)
def test_which_attributes_are_text(translated: str) -> None:
    source = re.sub(r"\b[A-Z]+\b", lambda word: word[0].lower(), translated)
    assert translate_upper(translate_html(source)) == translated


def test_case_and_line_breaks_in_tags_stay_the_same() -> None:
    markup = "<P CLASS=x Title=y TRANSLATE=No>a</P><p>\r\n two\r\n three<Br />\r\n</P >"
    translated = markup.replace("two\r\n three", "TWO THREE")
    assert translate_upper(translate_html(markup)) == translated


def test_references_in_attributes_are_decoded_and_written() -> None:
    translator = FakeTranslator(str.upper)
    markup = '<a title="1 < 2 &amp; &quot;a&quot;">b</a>'
    assert translator.translate(translate_html(markup)) == (
        '<a title="1 &lt; 2 &amp; &quot;A&quot;">B</a>'
    )
    assert translator.rounds == [["b", '1 < 2 & "a"']]


def test_a_translated_attribute_without_quotes_gets_quotes() -> None:
    markup = "<img alt = dog title=cat><img alt=12>"
    translator = by_dictionary({"dog": "the dog", "cat": "cat"})
    assert translator.translate(translate_html(markup)) == (
        '<img alt = "the dog" title=cat><img alt=12>'
    )


def test_a_quote_in_a_translation_does_not_end_an_attribute() -> None:
    translator = by_dictionary({"dog": "d\"o'g"})
    markup = "<img alt=\"dog\"><img alt='dog'><img alt=dog>"
    assert translator.translate(translate_html(markup)) == (
        '<img alt="d&quot;o\'g"><img alt=\'d"o&#39;g\'><img alt="d&quot;o\'g">'
    )


@pytest.mark.parametrize(
    ("markup", "entries", "translated"),
    [
        (
            "The <b>red</b> car.",
            {"The red car.": "La voiture rouge.", "red": "rouge"},
            "La voiture <b>rouge</b>.",
        ),
        (
            "<i>Red</i> and <b>blue</b> cars",
            {"Red and blue cars": "voitures bleues et Rouges", "Red": "rouges", "blue": "Bleues"},
            "voitures <b>bleues</b> et <i>Rouges</i>",
        ),
        (
            "a <a href=x>big <b>red</b> car</a>!",
            {
                "a big red car!": "una gran macchina rossa!",
                "big red car": "gran macchina rossa.",
                "red": "rossa",
            },
            "una <a href=x>gran macchina <b>rossa</b></a>!",
        ),
        (
            "Press <code>make</code> now",
            {"Press make now": "Jetzt make drücken"},
            "Jetzt <code>make</code> drücken",
        ),
        (
            "See <a href=x>GitHub</a> now",
            {"See GitHub now": "Jetzt GitHub ansehen", "GitHub": "Git-Nabe"},
            "Jetzt <a href=x>GitHub</a> ansehen",
        ),
        (
            "<b>so</b> and so",
            {"so and so": "so und so", "so": "so"},
            "<b>so</b> und so",
        ),
        (
            "so and <b>so</b>",
            {"so and so": "so und so", "so": "so"},
            "so und <b>so</b>",
        ),
        (
            "これは<b>ペン</b>です",
            {"これはペンです": "这是钢笔", "ペン": "钢笔"},
            "这是<b>钢笔</b>",
        ),
        (
            "see<b> this</b> now",
            {"see this now": "sieh dies nun", "this": "dies"},
            "sieh<b> dies</b> nun",
        ),
    ],
)
def test_marks_follow_their_text(markup: str, entries: dict[str, str], translated: str) -> None:
    translator = by_dictionary(entries)
    assert translator.translate(translate_html(f"<p>{markup}</p>")) == f"<p>{translated}</p>"
    assert len(translator.rounds) == 1


@pytest.mark.parametrize(
    ("markup", "entries"),
    [
        ("The <b>red</b> car", {"The red car": "La voiture rouge", "red": "vermeil"}),  # not found
        ("a <b>do</b> it", {"a do it": "A DONE IT"}),  # only within a word
        ("no <b>no</b> yes", {"no no yes": "no yes", "no": "no"}),  # one of two is lost
        ("<b>x</b> <i>x y</i>", {"x x y": "x y", "x": "x", "x y": "x y"}),  # they would overlap
    ],
)
def test_a_text_that_cannot_be_aligned_is_translated_in_fragments(
    markup: str, entries: dict[str, str]
) -> None:
    translator = by_dictionary(entries)
    translated = translator.translate(translate_html(markup))
    assert TAG.findall(translated) == TAG.findall(markup)
    assert TAG.sub("", translated).lower() in (TAG.sub("", markup), "the vermeil car")
    assert len(translator.rounds) == 2


def test_only_the_sentence_that_cannot_be_aligned_is_translated_in_fragments() -> None:
    markup = "It is <b>a red car</b>. He is <i>here</i> now."
    translator = by_dictionary(
        {
            "It is a red car. He is here now.": "-",
            "It is a red car.": "-",
            "He is here now.": "HIER IST ER NUN.",
            "here": "hier",
        }
    )
    assert translator.translate(translate_html(markup)) == (
        "IT IS <b>A RED CAR</b>. <i>HIER</i> IST ER NUN."
    )


def test_marks_at_the_edges_need_no_alignment() -> None:
    translator = FakeTranslator(reverse)
    markup = "<p><b> <img> one two </b> <!-- c --></p><a><p>three</p></a>"
    assert translator.translate(translate_html(markup)) == (
        "<p><b> <img> TWO ONE </b> <!-- c --></p><a><p>THREE</p></a>"
    )
    assert translator.rounds == [["one two", "three"]]


@pytest.mark.parametrize(
    "markup",
    [
        "<b>" * 5_000 + "x",
        "<b>x " * 2_000,
        "<b>x</b> y " * 2_000,
        "<code>x</code>" * 2_000,
        "<i translate=no><b translate=yes>" * 2_000 + "</u>" * 2_000,
        "<noscript>" * 3_000 + "x",
        "<div>" * 5_000 + "</p>" * 5_000,
        "<!--" * 5_000,
        "<a href=" * 5_000,
        "<a b='" * 5_000,
    ],
)
def test_the_cost_of_deep_and_malformed_markup_is_linear(markup: str) -> None:
    translator = FakeTranslator(reverse)
    assert len(translator.translate(translate_html(markup))) >= len(markup) - 1
    sent = sum(len(text) for texts in translator.rounds for text in texts)
    assert sent <= 12 * len(markup)
