"""Packages of Office Open XML: parts with content types, and what .docx, .pptx and .xlsx share."""

from collections.abc import Iterable, Iterator

from lxml import etree

from documents.core.archive import Archive
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError
from documents.office.package_xml import parse_xml, write_xml
from documents.office.values import Unit, Value

_TYPES = "[Content_Types].xml"
_TYPES_NAMESPACE = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_CORE_TYPE = "application/vnd.openxmlformats-package.core-properties+xml"
_DC = "{http://purl.org/dc/elements/1.1/}"
# The standard has two namespaces for each vocabulary: in files that Word calls strict, the other.
_OFFICE = ("http://schemas.openxmlformats.org/", "http://purl.oclc.org/ooxml/")
_YEAR = "2006/"


class Package:
    """The parts of a package: their types, and the XML of those that were asked for."""

    def __init__(self, data: bytes, suffix: str) -> None:
        """Raise `DocumentError` if the file is damaged, or has no parts."""
        self.archive = Archive(data, suffix)
        self._roots: dict[str, etree._Element] = {}
        self._changed: set[str] = set()
        if _TYPES not in self.archive:
            message = f"the file is an archive, but not a {suffix}: it has no {_TYPES}"
            raise DocumentError(message)
        types = parse_xml(self.archive.read_text(_TYPES), _TYPES)
        extensions = {
            element.get("Extension", "").lower(): element.get("ContentType", "")
            for element in types.iter(f"{_TYPES_NAMESPACE}Default")
        }
        self._types = {
            name: extensions.get(name.rpartition(".")[2].lower(), "") for name in self.archive.names
        }
        self._types |= {
            element.get("PartName", "").removeprefix("/"): element.get("ContentType", "")
            for element in types.iter(f"{_TYPES_NAMESPACE}Override")
        }

    def parts(self, types: Iterable[str]) -> list[str]:
        """Return the names of the parts with one of the types; some packages name more."""
        wanted = frozenset(types)
        return [
            name for name, kind in self._types.items() if kind in wanted and name in self.archive
        ]

    def main_parts(self, types: frozenset[str]) -> list[str]:
        """Return the names of the parts with one of the types that make a document.

        Raise `DocumentError` if there are none.
        """
        names = self.parts(types)
        if names:
            return names
        if types.isdisjoint(self._types.values()):
            raise DocumentError(
                f"the file belongs to another application: it contains no {self.archive.suffix}"
            )
        raise DocumentError(f"the file lacks a part that its {_TYPES} names")

    def root(self, part: str) -> etree._Element:
        """Return the root of a part; it may be changed if `change` is told."""
        if part not in self._roots:
            self._roots[part] = parse_xml(self.archive.read_text(part), part)
        return self._roots[part]

    def change(self, part: str) -> None:
        """Say that a part has changed."""
        self._changed.add(part)

    def core_values(self) -> Iterator[Unit]:
        """Yield the title, the subject and the description of the document."""
        for part in self.parts([_CORE_TYPE]):
            for name in ("title", "subject", "description"):
                for element in self.root(part).iter(f"{_DC}{name}"):
                    yield Value(part, element)

    def result(self, changed: Iterable[Unit], target: str) -> TranslatedFile:
        """Return the file with what has changed, and its language."""
        self._changed.update(unit.part for unit in changed)
        if not self._changed:
            return TranslatedFile(self.archive.data)
        for part in self.parts([_CORE_TYPE]):
            for element in self.root(part).iter(f"{_DC}language"):
                element.text = target
                self.change(part)
        return TranslatedFile(
            self.archive.replace({part: write_xml(self._roots[part]) for part in self._changed})
        )


def office_tags(vocabulary: str, *names: str) -> list[str]:
    """Return the tags of elements of a vocabulary, such as "drawingml", in both namespaces."""
    kind, _, rest = vocabulary.partition("/")
    spaces = (f"{_OFFICE[0]}{kind}/{_YEAR}{rest or 'main'}", f"{_OFFICE[1]}{kind}/{rest or 'main'}")
    return [f"{{{space}}}{name}" for space in spaces for name in names]
