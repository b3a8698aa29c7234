"""Styles of OpenDocument: which are for code, which nobody sees, and their languages."""

from collections.abc import Iterable

from lxml import etree

from documents.office.code_styles import code_styles
from documents.office.font_groups import font_group
from documents.office.odf_names import DC, FO, STYLE

_STYLE = f"{STYLE}style"
_PROPERTIES = f"{STYLE}text-properties"
_NO_LANGUAGE = ("none", "zxx")


def read_styles(parts: Iterable[etree._Element]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of the styles for code, and of those that do not change the appearance."""
    styles = [style for part in parts for style in part.iter(_STYLE)]
    code = code_styles(
        (
            style.get(f"{STYLE}name", ""),
            style.get(f"{STYLE}display-name", style.get(f"{STYLE}name", "").replace("_20_", " ")),
            style.get(f"{STYLE}parent-style-name", ""),
        )
        for style in styles
    )
    unseen = {style.get(f"{STYLE}name", "") for style in styles if _is_unseen(style)}
    return code, frozenset(unseen)


def set_language(root: etree._Element, target: str) -> bool:
    """Set the language of all text in a part; return True if there is a place for it."""
    language, _, region = target.partition("-")
    country = region if len(region) == 2 else "none"  # not a script
    found = False
    for properties in root.iter(_PROPERTIES):
        if properties.get(f"{FO}language", "none") not in _NO_LANGUAGE:
            found = True
            properties.set(f"{FO}language", language)
            properties.set(f"{FO}country", country)
            if group := font_group(target):
                properties.set(f"{STYLE}language-{group}", language)
                properties.set(f"{STYLE}country-{group}", country)
    for element in root.iter(f"{DC}language"):
        found = True
        element.text = target
    return found


def _is_unseen(style: etree._Element) -> bool:
    """Return True for a style of spans that LibreOffice made for an edit, or for a language."""
    if style.get(f"{STYLE}family") != "text" or style.get(f"{STYLE}parent-style-name"):
        return False
    return all(
        properties.tag == _PROPERTIES
        and not len(properties)
        and all(_is_unseen_attribute(str(name)) for name in properties.attrib)
        for properties in style
    )


def _is_unseen_attribute(name: str) -> bool:
    local = name.rpartition("}")[2]
    return local.endswith("rsid") or local.startswith(
        ("language", "country", "script", "rfc-language-tag")
    )
