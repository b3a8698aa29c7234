"""The body of POST /translation/jobs → a new job, or an error that names the field."""

from collections.abc import Callable
from dataclasses import dataclass, field

from flask import request

from documents import DocumentError
from server.auth.access import Client
from server.core.errors import InvalidFieldError, TooLongError, TooManyTextsError
from server.core.glossaries import occurring
from server.core.requests import AUTO
from server.core.settings import Settings
from server.http.caller import charge, request_context
from server.jobs.document_rounds import relate, split_texts
from server.jobs.jobs import Jobs
from server.jobs.records import Job, JobSpec, Relations, TextParts
from server.routes.uploads import Upload, read_upload
from server.schemas.translation import parse_text_job
from server.services import Services


@dataclass(frozen=True, slots=True)
class NewJob:
    """A valid job that is not stored yet."""

    spec: JobSpec
    parts: TextParts
    source: bytes | None = None  # the document
    relations: Relations = field(default_factory=dict)  # of the texts of the document

    @property
    def characters(self) -> int:
        """Characters to translate, as far as known."""
        return sum(len(part) for text in self.parts for part in text)


def create_job(
    services: Services,
    jobs: Jobs,
    caller: Client,
    read: Callable[[], NewJob],
    id_: str | None = None,
) -> Job:
    """Store the job that `read` finds in the body, one at a time; return it.

    If there is a job with the id `id_` already, it is returned if the request is the same: the
    client has not heard of it. Raises the errors of `read`, `charge` and `Jobs.add`,
    KeyReusedError, and OverloadedError.
    """
    request.max_content_length = services.settings.max_job_bytes
    with services.limit_concurrency(), jobs.reading:
        size = check_job_size(jobs, services.settings)
        new = read()
        before = None if id_ is None else jobs.repeated(id_, caller.name, new.spec, new.parts)
        if before is not None:
            return before
        charge(services.access, caller, new.characters, jobs.store.waiting(caller.name))
        client = request_context(services.settings).client
        return jobs.add(
            new.spec, new.parts, client, caller.name, new.source, size, new.relations, id_
        )


def check_job_size(jobs: Jobs, settings: Settings) -> int:
    """Return the most bytes that the body may have; raises as `Jobs.check_capacity` does."""
    length = request.content_length  # unknown if the body is compressed
    size = settings.max_job_bytes if length is None else length
    jobs.check_capacity(size)
    return size


def read_text_job(body: bytes, services: Services) -> NewJob:
    """Return the job in a JSON body. Also raises the errors of `parse_text_job`."""
    wanted = parse_text_job(body, services.settings)
    source, target = services.pair(wanted.source_language, wanted.target_language, wanted.model)
    spec = JobSpec(
        source,
        target,
        html=wanted.format == "html",
        alternatives=wanted.alternatives,
        glossary=tuple(wanted.glossary.items()),
        model=wanted.model,
    )
    return NewJob(spec, [[text] for text in wanted.texts])


def read_file_job(services: Services) -> NewJob:
    """Return the job in the submitted form. Also raises the errors of `read_upload`."""
    return file_job(read_upload(services), services)


def file_job(upload: Upload, services: Services) -> NewJob:
    """Return the job for a document.

    Raises InvalidFieldError, TooLongError and TooManyTextsError.
    """
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
        source = services.translation.detect_document(texts, upload.target, upload.model)
    spec = JobSpec(
        source,
        upload.target,
        glossary=occurring(upload.glossary, "\n".join(texts)),
        file=upload.name,
        options=upload.options,
        model=upload.model,
    )
    return NewJob(spec, split_texts(texts), upload.data, relate([texts]))
