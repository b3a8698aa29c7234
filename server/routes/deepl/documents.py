"""/v2/document: documents that our jobs translate."""

import hashlib
import math
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import PurePath

from flask import Response, request

from server.auth.access import Client
from server.core.errors import (
    InvalidFieldError,
    JobsOffError,
    MediaTypeError,
    NoResultError,
    UnknownJobError,
)
from server.core.job_status import JobStatus
from server.jobs.jobs import Jobs
from server.jobs.records import Job
from server.routes.deepl.common import Rule, admitted, early_client, pair_of
from server.routes.deepl.glossary_use import GLOSSARY_LISTS, entries_for
from server.routes.deepl.options import check_options
from server.routes.job_bodies import NewJob, create_job, file_job
from server.routes.parameters import read_fields, word_of
from server.routes.uploads import Upload, file_name, send_translated
from server.schemas.deepl_documents import DeepLDocument, DeepLDocumentStatus, DocumentStatus
from server.services import Services

_ID_BYTES = 16
_KEY_BYTES = 32
_JOB_ID_BYTES = 16  # of a digest
# The language may have been detected, and DeepL's clients expect to hear of it here.
_EQUAL = "Source and target language are equal."
_STATUSES: Mapping[JobStatus, DocumentStatus] = {
    "queued": "queued",
    "running": "translating",
    "done": "done",
}


class DocumentRoutes:
    """The routes for documents."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def rules(self) -> list[Rule]:
        """Return the routes."""
        return [
            ("/v2/document", self.upload, ["POST"]),
            ("/v2/document/<document_id>", self.status, ["GET", "POST"]),
            ("/v2/document/<document_id>/result", self.result, ["GET", "POST"]),
        ]

    def upload(self) -> DeepLDocument:
        """Accept a document; its id and key together give access to its job."""
        jobs, services = self._jobs(), self._services
        client = early_client(services)  # before the body is read
        id_, key = secrets.token_hex(_ID_BYTES).upper(), secrets.token_hex(_KEY_BYTES).upper()
        create_job(services, jobs, client, lambda: self._read(client), _job_id(id_, key))
        return {"document_id": id_, "document_key": key}

    def status(self, document_id: str) -> DeepLDocumentStatus:
        """Return how far a document is."""
        job = self._find(document_id)
        shown: DeepLDocumentStatus = {"document_id": document_id, "status": "error"}
        if job.spec.source == job.spec.target:
            shown["error_message"] = _EQUAL
            return shown
        if job.status in _STATUSES:
            shown["status"] = _STATUSES[job.status]
        else:
            shown["error_message"] = job.error or f"the document is {job.status}"
        if job.status == "running":
            seconds = job.eta
            shown["seconds_remaining"] = 1 if seconds is None else max(1, math.ceil(seconds))
        if job.status == "done":
            shown["billed_characters"] = job.characters
        return shown

    def result(self, document_id: str) -> Response:
        """Send the translated document, once: it is deleted."""
        job = self._find(document_id)
        if job.spec.source == job.spec.target:
            raise InvalidFieldError(_EQUAL, "target_lang")
        if job.status != "done" or job.spec.file is None:
            raise NoResultError(job.error or f"the document is {job.status}")
        jobs = self._jobs()
        response = send_translated(jobs.store.result(job.number), job.spec.file, job.spec.target)
        jobs.remove(job)
        return response

    def _jobs(self) -> Jobs:
        if self._services.jobs is None:
            raise JobsOffError("documents are not translated here: jobs are off, see --jobs")
        return self._services.jobs

    def _find(self, document_id: str) -> Job:
        fields, client = admitted(self._services)
        key = word_of(fields, "document_key", "")
        if not key:
            raise InvalidFieldError("document_key is missing", "document_key")
        try:
            return self._jobs().find(_job_id(document_id, key), client.name)
        except UnknownJobError:
            raise UnknownJobError("there is no document with this id and key") from None

    def _read(self, client: Client) -> NewJob:
        if request.mimetype != "multipart/form-data":
            raise InvalidFieldError("send the file as Content-Type: multipart/form-data")
        fields = read_fields(GLOSSARY_LISTS)
        check_options(fields)
        files = request.files.getlist("file")
        if len(files) != 1:
            raise InvalidFieldError("file is missing" if not files else "send one file", "file")
        name = _name(word_of(fields, "filename", "") or files[0].filename or "")
        suffix = PurePath(name).suffix[1:].lower()
        if word_of(fields, "output_format", suffix).lower() not in ("", suffix):
            raise InvalidFieldError(f"output_format must be {suffix}, as the file", "output_format")
        source, target = pair_of(self._services, fields)
        glossary = entries_for(self._services, fields, client, (source, target))
        return file_job(Upload(name, files[0].read(), source, target, glossary, {}), self._services)


def _name(given: str) -> str:
    try:
        return file_name(given)
    except MediaTypeError as error:
        raise InvalidFieldError(f"Invalid file: {error}", "file") from None


def _job_id(document_id: str, key: str) -> str:
    """Return the id of a document's job, which nobody can tell without its key."""
    digest = hashlib.sha256(f"{document_id} {key}".encode("utf-8", "surrogatepass")).digest()
    return urlsafe_b64encode(digest[:_JOB_ID_BYTES]).rstrip(b"=").decode()
