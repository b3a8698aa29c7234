"""Recognises values that are for a program and not for a reader, by their shape."""

import re

_IDENTIFIER = re.compile(
    r"""
      (?:https?|ftp|file|data|mailto|tel):\S+ | www\.\S+ | [^\s@]+@[^\s@]+\.\w+
    | (?:\.{1,2}|~)?/\S* | \#[\w-]+                             # paths from a root, anchors
    | (?=[^\s]*\d)[0-9A-Fa-f]{4,}(?:-[0-9A-Fa-f]{4,})*           # UUIDs and hashes
    | (?:[\w-]+/)*[\w-]+(?:\.[\w-]+)*\.[a-z][a-z0-9]{1,4}        # file and package names
    | (?:application|audio|font|image|text|video)/[\w.+-]+
    | [a-z0-9]+(?:[-_][a-z0-9]+)+ | [A-Z0-9]+(?:_[A-Z0-9]+)+     # kebab, snake and constant case
    | [A-Za-z][a-z0-9]+(?:[A-Z][a-z0-9]+)+ | [a-z](?:[A-Z][a-z0-9]+)+     # camel case
    | [A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*){2,}                  # dotted names
    | [a-z]{2,3}(?:[-_][A-Z][a-z]{3})?[-_](?:[A-Z]{2}|[0-9]{3})  # locales
    | [a-z]{2,3}[-_][A-Z][a-z]{3}
    """,
    re.VERBOSE | re.ASCII,
)
_CLASS = re.compile(r"[a-z0-9:/.\[\]-]*[a-z0-9\]]")
# Words that are CSS classes by themselves beside others; "well-known fact" is language.
_CLASS_WORDS = frozenset({
    "absolute", "active", "alert", "badge", "block", "border", "btn", "card", "clearfix", "col",
    "collapse", "container", "disabled", "dropdown", "fade", "fixed", "flex", "form", "grid",
    "hidden", "img", "inline", "italic", "lead", "list", "lowercase", "modal", "nav", "navbar",
    "pagination", "relative", "rounded", "row", "shadow", "show", "sticky", "table", "truncate",
    "underline", "uppercase", "visible",
})  # fmt: skip
_MAX_CHARACTERS = 300  # of an identifier


def is_identifier(text: str) -> bool:
    """Return True for a name, path, address or list of classes; words with blanks are text."""
    words = text[: _MAX_CHARACTERS + 1].split()
    if len(text) > _MAX_CHARACTERS or not words:
        return False
    if len(words) == 1:
        return _IDENTIFIER.fullmatch(words[0]) is not None
    if not all(map(_CLASS.fullmatch, words)) or not any("-" in word for word in words):
        return False
    begun = {word.partition("-")[0] for word in words if "-" in word}  # btn of btn-primary
    return all("-" in word or word in begun or word in _CLASS_WORDS for word in words)
