"""Resources of .NET (.resx, .resw): strings are translated; comments, types and files stay."""

from documents.core.identifiers import is_identifier
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds
from documents.core.xml_source import parse_xml
from documents.localization.slots import fill_slots, own_slot

_DESIGNER = ">>"  # names of what only the form designer reads begin with it


def translate_resx(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate the strings whose names the options want.

    Raise `DocumentError` for a damaged file.
    """
    source = parse_xml(data)
    if source.root.name != "root":
        raise DocumentError("the file is not a .NET resource file: its root element is not root")
    elements = []
    for entry in source.root.named("data"):
        attributes = entry.attributes
        name, value = attributes.get("name", ""), entry.first("value")
        if value is None or not {"type", "mimetype"}.isdisjoint(attributes):
            continue
        is_text = not name.startswith(_DESIGNER) and not is_identifier(source.plain(value))
        if is_text and options.wants(name):
            elements.append(value)
    edits = yield from fill_slots(source, [own_slot(element) for element in elements])
    return source.finish(edits)
