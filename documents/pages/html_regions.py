"""Which regions of an HTML document are translated; end tags may be omitted."""

from collections import Counter

# Elements that have no content and no end tag.
VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
    "source", "track", "wbr",
})  # fmt: skip
# Elements that end a sentence; unknown elements are inline, as in browsers.
BLOCKS = frozenset({
    "address", "article", "aside", "audio", "base", "basefont", "blockquote", "body", "br",
    "button", "canvas", "caption", "center", "col", "colgroup", "dd", "details", "dialog",
    "dir", "div", "dl", "dt", "embed", "fieldset", "figcaption", "figure", "footer", "form",
    "frame", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr",
    "html", "iframe", "input", "legend", "li", "link", "main", "menu", "meta", "nav", "noembed",
    "noframes", "noscript", "object", "ol", "optgroup", "option", "p", "param", "plaintext",
    "pre", "script", "search", "section", "select", "source", "style", "summary", "table",
    "tbody", "td", "template", "textarea", "tfoot", "th", "thead", "title", "tr", "track", "ul",
    "video", "xmp",
})  # fmt: skip
# Elements whose content is not part of a sentence.
OPAQUE = frozenset({
    "iframe", "math", "noembed", "noframes", "plaintext", "pre", "script", "style", "textarea",
    "xmp",
})  # fmt: skip
CODE = frozenset({"code", "kbd", "samp", "var"})
_INLINE_BLOCKS = frozenset(
    {"audio", "br", "button", "canvas", "input", "object", "select", "video"}
)
_ENDS_PARAGRAPH = BLOCKS - _INLINE_BLOCKS
_CELL_ENDS = frozenset({"td", "th", "tr", "tbody", "thead", "tfoot"})
_TERM_ENDS = frozenset({"dt", "dd"})
# Elements whose end tag may be omitted: the start tags that end them, unless inside these.
_IMPLIED_ENDS: dict[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "p": (_ENDS_PARAGRAPH, ("button", "object")),
    "li": (frozenset({"li"}), ("ul", "ol", "menu")),
    "dt": (_TERM_ENDS, ("dl",)),
    "dd": (_TERM_ENDS, ("dl",)),
    "td": (_CELL_ENDS, ("table",)),
    "th": (_CELL_ENDS, ("table",)),
    "tr": (_CELL_ENDS - {"td", "th"}, ("table",)),
    "option": (frozenset({"option", "optgroup"}), ("select",)),
}


class Regions:
    """Tracks start and end tags; an element that changes whether text is translated is a region."""

    def __init__(self) -> None:
        self._regions: list[_Region] = [_Region("", translated=True, in_sentence=True)]
        self._open: Counter[str] = Counter()

    @property
    def translated(self) -> bool:
        """Whether text at this point is translated."""
        return self._regions[-1].translated

    @property
    def in_sentence(self) -> bool:
        """Whether text at this point is part of the surrounding sentence."""
        return self._regions[-1].in_sentence

    def start(self, tag: str, *, translate: bool | None) -> None:
        """Enter an element; `translate` is the value of its attribute, None if it has none."""
        while len(self._regions) > 1 and self._regions[-1].is_ended_by(tag):
            self._leave()
        if tag in VOID:
            return
        if translate is None and (tag in CODE or tag in OPAQUE):
            translate = False
        in_sentence = translate is True or (self.in_sentence and tag not in OPAQUE)
        if translate not in (None, self.translated) or in_sentence != self.in_sentence:
            translated = self.translated if translate is None else translate
            self._regions.append(_Region(tag, translated=translated, in_sentence=in_sentence))
        self._regions[-1].open[tag] += 1
        self._open[tag] += 1

    def end(self, tag: str) -> None:
        """Leave an element; an end tag without a start tag is ignored."""
        if not self._open[tag]:
            return
        while not self._regions[-1].open[tag]:
            self._leave()
        region = self._regions[-1]
        region.open[tag] -= 1
        self._open[tag] -= 1
        if tag == region.tag and not region.open[tag]:
            self._leave()

    def _leave(self) -> None:
        self._open.subtract(self._regions.pop().open)


class _Region:
    """An element, and whether its content is translated."""

    def __init__(self, tag: str, *, translated: bool, in_sentence: bool) -> None:
        self.tag = tag
        self.translated = translated
        self.in_sentence = in_sentence
        self.open: Counter[str] = Counter()  # open elements in it, itself included

    def is_ended_by(self, tag: str) -> bool:
        """Return True if a start tag ends the element, whose end tag may be omitted."""
        ends, unless = _IMPLIED_ENDS.get(self.tag, (frozenset(), ()))
        return tag in ends and not any(self.open[container] for container in unless)
