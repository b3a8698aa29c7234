"""Documents, opened with the languages of a request, for requests, jobs and `m2m-translate`."""

from collections.abc import Mapping

from documents import DocumentOptions, Rounds, TranslatedFile, format_of, options_of
from server.core.requests import AUTO
from translator.models.languages import bcp47


def document_options(
    name: str, values: Mapping[str, str], source: str, target: str
) -> DocumentOptions:
    """Return the options for a file in a known format, from their names and values.

    Languages are the model's codes; the source may be AUTO. Raises OptionError.
    """
    return options_of(name, values, bcp47(target), None if source == AUTO else bcp47(source))


def open_document(name: str, data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Return the rounds of a file in a known format.

    For an invalid file the first one raises DocumentError.
    """
    known = format_of(name)
    assert known is not None, "the name has been checked"
    return known.translate(data, options)
