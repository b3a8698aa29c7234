"""Reads and writes the XML members of packages."""

import re

from lxml import etree

from documents.core.rounds import DocumentError

_UTF_8 = re.compile(
    rb"""(?:\xef\xbb\xbf)?<\?xml\s[^>]{0,100}encoding=["']UTF-8["']""", re.IGNORECASE
)


def parse_xml(data: bytes, name: str, *, doctype: bool = False) -> etree._Element:
    """Return the root of a member; `doctype` allows one that only names its type.

    Raise `DocumentError` if it is not valid, too deeply nested, or declares entities.
    """
    # Real files use an identifier twice. A parser that ignores them would read external subsets.
    has_no_subset = _UTF_8.match(data) is not None and b"<!DOCTYPE" not in data
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, strip_cdata=False, collect_ids=not has_no_subset
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise DocumentError(f"{name} is not valid XML at line {error.lineno}") from None
    info = root.getroottree().docinfo
    subset = info.internalDTD
    if info.doctype and not (doctype and subset is not None and not list(subset.iterentities())):
        raise DocumentError(f"{name} has a document type declaration")
    return root


def write_xml(root: etree._Element) -> bytes:
    """Return a document in its own encoding, with what is before and after the root."""
    tree = root.getroottree()
    info = tree.docinfo
    return etree.tostring(
        tree,
        encoding=info.encoding or "UTF-8",
        xml_declaration=True,
        standalone=info.standalone or None,
    )


def namespace_of(element: etree._Element) -> str:
    """Return the namespace of an element in braces; "" if it has none, as comments do."""
    tag = element.tag
    return tag[: tag.rfind("}") + 1] if isinstance(tag, str) else ""
