"""The body of POST /translation/jobs → a new job, or an error that names the field."""

from dataclasses import dataclass

from documents import DocumentError
from server.core.errors import InvalidFieldError, TooLongError, TooManyTextsError
from server.core.requests import AUTO
from server.jobs.document_rounds import split_texts
from server.jobs.records import JobSpec, TextParts
from server.routes.uploads import read_upload
from server.schemas.translation import parse_text_job
from server.services import Services


@dataclass(frozen=True, slots=True)
class NewJob:
    """A valid job that is not stored yet."""

    spec: JobSpec
    parts: TextParts
    source: bytes | None = None  # the document

    @property
    def characters(self) -> int:
        """Characters to translate, as far as known."""
        return sum(len(part) for text in self.parts for part in text)


def read_text_job(body: bytes, services: Services) -> NewJob:
    """Return the job in a JSON body. Also raises the errors of `parse_text_job`."""
    wanted = parse_text_job(body, services.settings)
    source, target = services.pair(wanted.source_language, wanted.target_language)
    spec = JobSpec(
        source,
        target,
        html=wanted.format == "html",
        alternatives=wanted.alternatives,
        glossary=tuple(wanted.glossary.items()),
    )
    return NewJob(spec, [[text] for text in wanted.texts])


def read_file_job(services: Services) -> NewJob:
    """Return the job in the submitted form. Also raises the errors of `read_upload`."""
    upload = read_upload(services)
    try:
        texts = next(upload.document(), [])
    except DocumentError as error:
        raise InvalidFieldError(f"file: {error}", "file") from None
    settings = services.settings
    if sum(map(len, texts)) > settings.max_job_characters:
        raise TooLongError(
            f"a job may have {settings.max_job_characters} characters in all", "file"
        )
    if len(texts) > settings.max_job_texts:
        raise TooManyTextsError(f"a job may hold {settings.max_job_texts} texts at most", "file")
    source = upload.source
    if source == AUTO:
        source = services.translation.detect_document(texts)
    spec = JobSpec(source, upload.target, glossary=upload.glossary, file=upload.name)
    return NewJob(spec, split_texts(texts), upload.data)
