"""Markup, references and untranslated regions of HTML survive any output of a model."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents import translate_html
from tests.unit.documents.translators import MODELS, FakeTranslator, Model, reverse

_WORDS = ["the red house", "Stop.", "he said", "café", "so, and so", '"yes"', "(no)", "it's", "12"]
_REFERENCES = ["&lt;", "&gt;", "&amp;", "&copy;", "&#60;", "&#x26;"]
_KEPT = [
    "<code>f(x) &lt; 1</code>", '<span translate="no">Blue Sky One</span>', "<!-- a > b -->",
    '<b class="notranslate">Net</b>', "<![CDATA[ a > b ]]>", '<?php echo "a > b" ?>',
    '<%= t("house") %>', "{{ name }}", "{% if x %}", "<pre>int  main()\n  {}</pre>",
    "<script>if (a<b) c()</script>", "<style>p > a {}</style>",
    "<!--[if IE]><p>old</p><![endif]-->",
]  # fmt: skip
_TAGS = ["b", "i", 'a href="/x?a=1&amp;b=2" title="Open the door"', "p", "x-y", 'div id="q"', "li"]
_INSIDE = re.compile(r"(?s)<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>|<%.*?%>|<[/a-z!][^<>]*>")


def _element(tag: str, content: list[str]) -> str:
    return f"<{tag}>{''.join(content)}</{tag.split(maxsplit=1)[0]}>"


def _snippets() -> st.SearchStrategy[str]:
    texts = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=3).map(" ".join)
    leaves = st.one_of(
        texts,
        texts.map(lambda text: f" {text} "),
        st.sampled_from(_REFERENCES),
        st.sampled_from(_KEPT),
        st.just(" "),
        st.just("<br>"),
    )
    inner = st.recursive(
        leaves,
        lambda parts: st.builds(_element, st.sampled_from(_TAGS), st.lists(parts, max_size=4)),
        max_leaves=12,
    )
    return st.lists(inner, min_size=1, max_size=4).map("".join)


def _well_formed(tags: list[str]) -> bool:
    open_tags: list[str] = []
    for tag in tags:
        name = re.match(r"</?([\w-]+)", tag)
        if name is None or name[1] == "br":
            continue
        if not tag.startswith("</"):
            open_tags.append(name[1])
        elif not open_tags or open_tags.pop() != name[1]:
            return False
    return not open_tags


def test_a_translation_that_stops_at_a_reserved_character_is_made_of_pieces() -> None:
    words = {"one & two": "EINS &", "one": "EINS", "two": "ZWEI"}
    translator = FakeTranslator(words.__getitem__)
    assert translator.translate(translate_html("<p>one &amp; two</p>")) == "<p>EINS &amp; ZWEI</p>"


def test_an_atom_takes_no_reserved_character_with_it() -> None:
    markup = "<b>the red house&lt;<code>f(x) &lt; 1</code></b>"
    translated = FakeTranslator(reverse).translate(translate_html(markup))
    assert translated.count("&lt;") == 2


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@settings(max_examples=30)
@given(_snippets())
def test_markup_survives_any_translation(model: Callable[[], Model], markup: str) -> None:
    translated = FakeTranslator(model()).translate(translate_html(markup))
    uniform = re.sub(r' title="[^"]*"', " title", translated)
    source = re.sub(r' title="[^"]*"', " title", markup)
    tags = _INSIDE.findall(uniform)
    assert Counter(tags) == Counter(_INSIDE.findall(source))
    assert uniform.count(" title") == source.count(" title")
    assert _well_formed(tags)
    for kept in (*_KEPT, *_REFERENCES):
        assert translated.count(kept) == markup.count(kept), kept


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize(
    ("markup", "pattern"),
    [
        ("<p>Click <b>here</b> and <i>there</i>.</p>", r"[\s>]<b>[^<>]+</b>(\s.*|\.)</p>"),
        ("<p>Click <b>here</b> and <i>there</i>.</p>", r"[\s>]<i>[^<>]+</i>\.</p>"),
        ('<p>He said "<b>yes</b>" today.</p>', r"[\"„“]<b>[^<>]+</b>[\"“”]"),
        ("<p>A list (<i>see below</i>), too</p>", r"\(<i>[^<>]+</i>\),"),
        ("<p>Tell <b>him</b>: <i>go</i>!</p>", r"[\s>]<b>[^<>]+</b>: <i>[^<>]+</i>!</p>"),
        ('<p>The <b>"old"</b> man</p>', r'<b>"[^<>]+"</b>'),
        ("<p>see<b> this</b> now</p>", r"[^\s<]<b> [^<>]+</b> |<p><b>[^<>]+</b>( NOW SEE)?</p>"),
        ("<p>So &quot;<i>it</i>&quot; is</p>", "&quot;<i>[^<>]+</i>&quot;"),
        ("<p>In <b>May</b>&nbsp;<i>or</i> so</p>", r"</b>&nbsp;<i>|</i> <b>"),
    ],
)
def test_what_is_beside_tags_stays(model: Callable[[], Model], markup: str, pattern: str) -> None:
    translated = FakeTranslator(model()).translate(translate_html(markup))
    assert re.search(pattern, translated), translated


@pytest.mark.parametrize(
    "translated",
    [
        '<!DOCTYPE html [<!ENTITY x "y">]><html>A</html>',
        '<!DOCTYPE html PUBLIC "-//W3C//DTD" "x" [\n<!ENTITY x "y">\n] >A',
        '<?xml version="1.0"?><p>A</p><?php if (a > b): ?>B<?php endif ?>',
        "<![CDATA[ a > b ]]>C",
        "<!--[if IE]><p>a</p><![endif]--><![if !IE]>B<![endif]><!-- <? -->C ?&gt;",
        "<p>{% if x %}A{% else %}B{% endif %}</p>{{ a }}",
        "<a href=\"{% url 'a>b' %}\">C</a><% for x in y %>D<% end %>",
        "<script>'<?'</script>A ?&gt;",
        "<!-->A<!--->B<!-- c --!>D",
        "<? a",
        "{% A",
        "{{ A",
    ],
)
def test_foreign_markup_stays(translated: str) -> None:
    source = re.sub(r"\b[A-D]\b", lambda letter: letter[0].lower(), translated)
    upper = FakeTranslator(str.upper).translate(translate_html(source))
    assert upper == translated


@pytest.mark.parametrize(
    ("markup", "translation", "translated"),
    [
        ("caf&eacute; it&#8217;s", "é’ é’", "&eacute;&#8217; &eacute;&#8217;"),
        ("a &lt; b &#60; c", "c < b < a", "c &lt; b &#60; a"),
        ("a&nbsp;b c", "a b\xa0c", "a b&nbsp;c"),
        ("&quot;a&quot; \"b\"", "\"b\" \"a\"", "&quot;b&quot; \"a\""),
        ("a", "\"b\" é", "\"b\" é"),
    ],
)  # fmt: skip
def test_references_are_written_as_in_the_source(
    markup: str, translation: str, translated: str
) -> None:
    translator = FakeTranslator(lambda text: translation)
    assert translator.translate(translate_html(f"<p>{markup}</p>")) == f"<p>{translated}</p>"


@pytest.mark.parametrize(
    ("markup", "translated"),
    [
        ("<p>one &lt; two &amp; three</p>", "<p>EINS &lt; ZWEI &amp; DREI</p>"),
        ("<p>one &copy; two</p>", "<p>EINS &copy; ZWEI</p>"),
        ("<p>one</p>", "<p>EINS</p>"),
        ("<p>The <b>two</b> one, &amp; three</p>", "<p>Die <b>ZWEI</b> EINE, &amp; DREI</p>"),
        ('<p title="one &gt; two">', '<p title="EINS &gt; ZWEI">'),
    ],
)
def test_a_translation_that_loses_a_reserved_character_is_made_of_pieces(
    markup: str, translated: str
) -> None:
    words = {"one": "EINS", "two": "ZWEI", "three": "DREI", "The two one": "Die ZWEI EINE"}
    translator = FakeTranslator(lambda text: words.get(text, "nichts"))
    assert translator.translate(translate_html(markup)) == translated
