"""Which parts of an HTML document are to be translated, with its end tags present or left out."""

from collections import Counter

# Elements without content.
VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
    "source", "track", "wbr",
})  # fmt: skip
# Elements at which a sentence ends; those that browsers don't know are inline.
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
# Elements whose content is no text of a sentence.
UNREAD = frozenset({
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
# Elements whose end tag may be left out: the start tags that end them, unless within these.
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
    """Follows start and end tags; a region begins where an element says `translate` or not."""

    def __init__(self) -> None:
        self._regions: list[_Region] = [_Region("", translated=True, read=True)]
        self._open: Counter[str] = Counter()

    @property
    def translated(self) -> bool:
        """Whether text here is to be translated."""
        return self._regions[-1].translated

    @property
    def read(self) -> bool:
        """Whether text here is read as a part of the sentence around it."""
        return self._regions[-1].read

    def start(self, tag: str, *, wanted: bool | None) -> None:
        """Take a start tag; `wanted` is what its attributes say of translation, if anything."""
        while len(self._regions) > 1 and self._regions[-1].is_ended_by(tag):
            self._leave()
        if tag in VOID:
            return
        if wanted is None and (tag in CODE or tag in UNREAD):
            wanted = False
        read = wanted is True or (self.read and tag not in UNREAD)
        if wanted not in (None, self.translated) or read != self.read:
            translated = self.translated if wanted is None else wanted
            self._regions.append(_Region(tag, translated=translated, read=read))
        self._regions[-1].inside[tag] += 1
        self._open[tag] += 1

    def end(self, tag: str) -> None:
        """Take an end tag; one that nothing started is ignored."""
        if not self._open[tag]:
            return
        while not self._regions[-1].inside[tag]:
            self._leave()
        region = self._regions[-1]
        region.inside[tag] -= 1
        self._open[tag] -= 1
        if tag == region.tag and not region.inside[tag]:
            self._leave()

    def _leave(self) -> None:
        self._open.subtract(self._regions.pop().inside)


class _Region:
    """Where one element and what is in it is translated, or not."""

    def __init__(self, tag: str, *, translated: bool, read: bool) -> None:
        self.tag = tag
        self.translated = translated
        self.read = read
        self.inside: Counter[str] = Counter()  # elements open in it, the first among them

    def is_ended_by(self, tag: str) -> bool:
        """Tell whether a start tag ends the element, whose own end tag may be left out."""
        ends, unless = _IMPLIED_ENDS.get(self.tag, (frozenset(), ()))
        return tag in ends and not any(self.inside[container] for container in unless)
