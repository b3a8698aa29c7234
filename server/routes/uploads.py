"""Uploaded files, and translated files as responses."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath

from flask import Response, request, send_file

from documents import FORMATS, Rounds
from server.core.errors import InvalidFieldError, MediaTypeError
from server.schemas.translation import parse_glossary
from server.services import Services

_FIELDS = ("source_language", "target_language", "glossary")
_LONGEST_NAME = 200  # characters


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to translate. Languages are M2M100 codes; the source may be AUTO."""

    name: str  # without folders, with a known suffix
    data: bytes
    source: str
    target: str
    glossary: tuple[tuple[str, str], ...]

    def document(self) -> Rounds[bytes]:
        """Return the document's rounds; for an invalid file the first one raises DocumentError."""
        return FORMATS[PurePath(self.name).suffix.lower()](self.data)


def read_upload(services: Services) -> Upload:
    """Return the submitted form: `file`, languages and optionally a JSON `glossary`.

    Raises InvalidFieldError, UnsupportedLanguageError, MalformedJsonError, and MediaTypeError where
    the body is not a form or the file's format is unknown.
    """
    if request.mimetype != "multipart/form-data":
        raise MediaTypeError("send the file as Content-Type: multipart/form-data")
    unknown = set(request.form) - set(_FIELDS) or set(request.files) - {"file"}
    if unknown:  # not named: they may contain anything
        raise InvalidFieldError(f"the fields of this form are file, {', '.join(_FIELDS)}")
    for name in _FIELDS[:2]:
        if name not in request.form:
            raise InvalidFieldError(f"{name} is missing", name)
    files = request.files.getlist("file")
    if len(files) != 1:
        raise InvalidFieldError("file is missing" if not files else "send one file", "file")
    name = _last_part(files[0].filename or "")
    source, target = services.pair(request.form["source_language"], request.form["target_language"])
    glossary = parse_glossary(request.form.get("glossary", "{}"))
    return Upload(name, files[0].read(), source, target, tuple(glossary.items()))


def send_translated(data: bytes, name: str, target: str) -> Response:
    """Return the response with a file: `manual.md` becomes `manual.de.md`."""
    path = PurePath(name)
    response = send_file(
        BytesIO(data),
        mimetype="application/octet-stream",  # an uploaded web page must not be rendered as ours
        as_attachment=True,
        download_name=f"{path.stem}.{target}{path.suffix}",
    )
    response.content_language.add(target)
    return response


def _last_part(given: str) -> str:
    """Return a file's name without folders; raise MediaTypeError if its format is unknown."""
    name = "".join(char for char in PurePath(given.replace("\\", "/")).name if char.isprintable())
    suffix = PurePath(name).suffix
    if suffix.lower() not in FORMATS:
        formats = ", ".join(sorted(FORMATS))
        raise MediaTypeError(f"the name of the file must end with one of {formats}", "file")
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - len(suffix)] + suffix
