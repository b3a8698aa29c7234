"""Which attribute values of HTML are text."""

import re
from collections.abc import Iterator

from documents.pages.foreign_markup import mask_foreign

# On any element: text that a browser shows or reads out.
_ANYWHERE = frozenset({
    "alt", "aria-description", "aria-label", "aria-placeholder", "aria-roledescription",
    "aria-valuetext", "placeholder", "title",
})  # fmt: skip
_ON_ELEMENTS = {"abbr": {"th"}, "label": {"optgroup", "option", "tabitem", "track"}}
_BUTTONS = frozenset({"button", "reset", "submit"})  # whose value is their label, not data
_DESCRIPTIONS = frozenset({
    "description", "og:description", "og:image:alt", "og:title", "twitter:description",
    "twitter:image:alt", "twitter:title",
})  # fmt: skip
_ATTRIBUTE = re.compile(
    r"""[\s/]+ ([^\s/>=][^\s/>=]*) (?:\s*=\s* ("[^"]*" | '[^']*' | [^\s"'>][^\s>]*))?""", re.VERBOSE
)
_TAG_NAME = re.compile(r"<[^\s/>]*")

Range = tuple[int, int]


def text_values(tag: str, source: str) -> Iterator[Range]:
    """Yield the ranges of the values of a start tag that are text, quotes included."""
    attributes = attribute_ranges(source)
    values = {
        name: source[slice(*found)].strip("\"'").strip().lower()
        for name, found in reversed(attributes)  # the first of two with the same name counts
    }
    for name, found in attributes:
        if _is_text(tag, name, values):
            yield found


def _is_text(tag: str, name: str, values: dict[str, str]) -> bool:
    match tag, name:
        case "input", "value":
            return values.get("type") in _BUTTONS
        case "meta", "content":
            return not _DESCRIPTIONS.isdisjoint((values.get("name"), values.get("property")))
        case _:
            return name in _ANYWHERE or tag in _ON_ELEMENTS.get(name, ())


def attribute_ranges(source: str) -> list[tuple[str, Range]]:
    """Return the lower-case name of each attribute with a value, and the range of the value."""
    masked = mask_foreign(source)
    name = _TAG_NAME.match(masked)
    assert name is not None, "a start tag begins with its name"
    return [
        (match[1].lower(), match.span(2))
        for match in _ATTRIBUTE.finditer(masked, name.end())
        if match[2]
    ]
