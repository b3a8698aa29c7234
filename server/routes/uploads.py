"""Uploaded files, and translated files as responses."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath

from flask import Response, request, send_file

from documents import OPTIONS, OptionError, Rounds, TranslatedFile, why_unread
from server.core.documents import document_options, open_document
from server.core.errors import InvalidFieldError, MediaTypeError
from server.schemas.translation import parse_glossary
from server.services import Services

_FIELDS = ("source_language", "target_language", "glossary", "model")
_LONGEST_NAME = 200  # characters


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to translate. Languages are the server's codes; the source may be AUTO."""

    name: str  # without folders, with a known suffix
    data: bytes
    source: str
    target: str
    glossary: tuple[tuple[str, str], ...]
    options: Mapping[str, str]  # of the format, as sent
    model: str | None = None  # that was asked for

    def document(self) -> Rounds[TranslatedFile]:
        """Return the document's rounds; for an invalid file the first one raises DocumentError."""
        options = document_options(self.name, self.options, self.source, self.target)
        return open_document(self.name, self.data, options)


def read_upload(services: Services) -> Upload:
    """Return the submitted form: `file`, languages and optionally a JSON `glossary` and `model`.

    The other fields are options of the file's format.

    Raises InvalidFieldError, UnsupportedLanguageError, MalformedJsonError, and MediaTypeError where
    the body is not a form or the file's format is unknown.
    """
    if request.mimetype != "multipart/form-data":
        raise MediaTypeError("send the file as Content-Type: multipart/form-data")
    fields = {*_FIELDS, *OPTIONS}
    unknown = set(request.form) - fields or set(request.files) - {"file"}
    if unknown:  # not named: they may contain anything
        raise InvalidFieldError(
            f"the fields of this form are file, {', '.join((*_FIELDS, *OPTIONS))}"
        )
    for name in _FIELDS[:2]:
        if name not in request.form:
            raise InvalidFieldError(f"{name} is missing", name)
    name, data = sent_file()
    model = request.form.get("model")
    languages = request.form["source_language"], request.form["target_language"]
    source, target = services.pair(*languages, model)
    glossary = parse_glossary(request.form.get("glossary", "{}"))
    options = {option: request.form[option] for option in OPTIONS if option in request.form}
    try:
        document_options(name, options, source, target)
    except OptionError as error:
        raise InvalidFieldError(str(error), error.name) from None
    return Upload(name, data, source, target, tuple(glossary.items()), options, model)


def sent_file() -> tuple[str, bytes]:
    """Return the name, without folders, and the content of the file in the submitted form.

    Raises InvalidFieldError, and MediaTypeError where the file's format is unknown.
    """
    files = request.files.getlist("file")
    if len(files) != 1:
        raise InvalidFieldError("file is missing" if not files else "send one file", "file")
    return file_name(files[0].filename or ""), files[0].read()


def send_translated(data: bytes, name: str, target: str) -> Response:
    """Return the response with a file."""
    response = send_file(
        BytesIO(data),
        mimetype="application/octet-stream",  # an uploaded web page must not be rendered as ours
        as_attachment=True,
        download_name=translated_name(name, target),
    )
    response.content_language.add(target)
    return response


def translated_name(name: str, target: str) -> str:
    """Return the name of a translated file: `manual.md` becomes `manual.de.md`."""
    path = PurePath(name)
    return f"{path.stem}.{target}{path.suffix}"


def file_name(given: str) -> str:
    """Return a file's name without folders; raise MediaTypeError if it is not read."""
    name = "".join(char for char in PurePath(given.replace("\\", "/")).name if char.isprintable())
    suffix = PurePath(name).suffix
    if reason := why_unread(name):
        raise MediaTypeError(reason, "file")
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - len(suffix)] + suffix
