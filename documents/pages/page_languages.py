"""The language and direction that a page states for itself and for its parts."""

import re

from documents.core.language_tags import is_right_to_left, primary_language
from documents.core.text_ranges import Edit, apply_edits
from documents.pages.html_attributes import attribute_ranges

_LANGUAGE_NAMES = frozenset({"lang", "xml:lang"})
_TAG = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")  # not a template
_WHOLE = frozenset({"html", "body"})  # whose language is that of the page, whatever it says


class PageLanguages:
    """Follows the start tags of one page, which is translated to a language.

    Its own languages are that of its `html` element and that of the request; an element with
    another one, such as a quotation or the name of a language, stays as it is.
    """

    def __init__(self, target: str, source: str | None) -> None:
        """Languages are BCP 47 tags; `source` is None where it is detected."""
        self._target = target
        self._own = {primary_language(source)} if source else set[str]()
        self._has_root = False
        self.has_foreign_parts = False

    def start(self, tag: str, source: str) -> tuple[str, bool]:
        """Return the source of a start tag with its new language, and whether it is foreign."""
        is_root = tag == "html" and not self._has_root
        values = {
            name: (source[slice(*found)].strip("\"'"), found)
            for name, found in attribute_ranges(source)
        }
        stated = [
            value
            for name, value in values.items()
            if name in _LANGUAGE_NAMES and _TAG.fullmatch(value[0])
        ]
        if is_root:
            self._has_root = True
            self._own |= {primary_language(language) for language, _ in stated}
            return self._root(source, stated, values.get("dir")), False
        if tag == "meta" and values.get("http-equiv", ("",))[0].lower() == "content-language":
            stated = [values["content"]] if "content" in values else []
        if not stated or not self._own:
            return source, False
        if tag not in _WHOLE and not self._is_own(stated[0][0]):
            self.has_foreign_parts |= tag != "meta"
            return source, True
        return apply_edits(source, sorted(map(self._edit, stated))), False

    def _is_own(self, language: str) -> bool:
        return primary_language(language) in self._own

    def _edit(self, stated: tuple[str, tuple[int, int]]) -> Edit:
        """Return the edit that makes a stated language the target's."""
        return (*stated[1], f'"{self._target}"')

    def _root(
        self,
        source: str,
        stated: list[tuple[str, tuple[int, int]]],
        direction: tuple[str, tuple[int, int]] | None,
    ) -> str:
        """Return the start tag of the page; text from right to left needs the attribute `dir`."""
        edits = [self._edit(language) for language in stated]
        new = "rtl" if is_right_to_left(self._target) else "ltr"
        if direction is not None and direction[0].lower() not in (new, "auto"):
            edits.append((*direction[1], f'"{new}"'))
        elif direction is None and new == "rtl":
            end = len(source) - 1
            edits.append((end, end, f' dir="{new}"'))
        return apply_edits(source, sorted(edits))
