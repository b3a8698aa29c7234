"""The body of POST /translation/jobs → a job, or an error that says what is wrong with it."""

from dataclasses import dataclass

from documents import DocumentError
from server.core.errors import InvalidFieldError, TooLongError, TooManyTextsError
from server.core.requests import AUTO
from server.jobs.document_rounds import in_pieces
from server.jobs.records import JobSpec, TextParts
from server.routes.uploads import read_upload
from server.schemas.translation import parse_request
from server.services import Services

_NOT_HERE = ("timeout", "priority")  # of a job: it takes the time it takes, and is bulk work
_SAMPLE = 5_000  # characters of a document by which its language is told


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job that may be stored."""

    spec: JobSpec
    pieces: TextParts
    source: bytes | None = None  # the document

    @property
    def characters(self) -> int:
        """How much there is to translate, as far as that is known."""
        return sum(len(piece) for text in self.pieces for piece in text)


def read_text_job(body: bytes, services: Services) -> NewJob:
    """Return the job in a body of JSON. Raises the errors of `parse_request`, too."""
    settings = services.settings
    limits = settings.model_copy(
        update={
            "max_texts": settings.max_job_texts,
            "max_characters": settings.max_job_characters,
        }
    )
    wanted = parse_request(body, limits)
    for name in _NOT_HERE:
        if name in wanted.model_fields_set:
            raise InvalidFieldError(f"{name} is not a field of a job", name)
    for i, text in enumerate(wanted.texts):
        if len(text) > settings.max_characters:
            raise TooLongError(
                f"each text of a job may have {settings.max_characters} characters; "
                "split it into paragraphs, or send it as a file",
                wanted.name(i),
            )
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
    """Return the job in the form in hand. Raises the errors of `read_upload`, too."""
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
    if source == AUTO:  # one language for the whole: a line of a subtitle tells nothing
        source = services.translation.detect("\n".join(texts)[:_SAMPLE])[0].language
    spec = JobSpec(source, upload.target, glossary=upload.glossary, file=upload.name)
    return NewJob(spec, in_pieces(texts), upload.data)
