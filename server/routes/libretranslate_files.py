"""LibreTranslate's /translate_file, and the download that its answer names.

The file is a job of ours, which may be large and which any front can find again. The address of its
result is a secret: like LibreTranslate's clients, who has it needs no key.
"""

import time
from pathlib import PurePath
from urllib.parse import urljoin

from flask import Response, request, url_for
from werkzeug.exceptions import Forbidden, InternalServerError, NotFound

from gpu_pool.errors import DeadlineError, UnavailableError
from server.core.errors import ClientGoneError, UnknownJobError
from server.http.caller import charge, header_key, identify, request_context
from server.jobs.jobs import Jobs
from server.jobs.records import Job
from server.routes.job_bodies import check_job_size, file_job
from server.routes.libretranslate_fields import api_key, read_language
from server.routes.uploads import Upload, send_translated, sent_file
from server.schemas.libretranslate import LibreTranslatedFile
from server.services import Services

_ANYBODY = ""  # the owner of a job that needs no key: its id is enough
_CHECK_SECONDS = 1.0  # until a disconnected client is noticed
_OFF = "Files translation are disabled on this server."


class LibreTranslateFiles:
    """The two routes; the blueprint is LibreTranslate's."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def translate_file(self) -> LibreTranslatedFile:
        """Translate a file, however long that takes; return where the result is."""
        jobs = self._jobs()
        if header_key() is not None:
            identify(self._services.access, header_key())  # before the body is read
        request.max_content_length = self._services.settings.max_job_bytes
        with self._services.limit_concurrency():
            with jobs.reading:
                job = self._add(jobs)
            self._wait(jobs, job)
        path = PurePath(job.spec.file or "")
        name = f"{job.id}.{path.stem}_{job.spec.target}{path.suffix}"
        download = url_for(".download_file", name=name)
        return {"translatedFileUrl": urljoin(request.host_url, download)}

    def download_file(self, name: str) -> Response:
        """Send a translated file."""
        jobs = self._jobs()
        try:
            job = jobs.find(name.partition(".")[0], _ANYBODY)
        except UnknownJobError:
            raise NotFound("there is no such file, or no longer") from None
        if job.spec.file is None or job.status != "done":
            raise NotFound("there is no such file, or no longer")
        return send_translated(jobs.store.result(job.number), job.spec.file, job.spec.target)

    def _jobs(self) -> Jobs:
        if self._services.jobs is None:
            raise Forbidden(_OFF)
        return self._services.jobs

    def _add(self, jobs: Jobs) -> Job:
        """Store the job for the file in the request."""
        services = self._services
        size = check_job_size(jobs, services.settings)
        fields = request.form.to_dict()
        client = identify(services.access, api_key(fields))
        source = read_language(services, fields, "source")
        target = read_language(services, fields, "target")
        name, data = sent_file()
        new = file_job(Upload(name, data, source, target, (), {}), services)
        charge(services.access, client, new.characters)
        asker = request_context(services.settings).client
        return jobs.add(new.spec, new.parts, asker, _ANYBODY, new.source, size, new.relations)

    def _wait(self, jobs: Jobs, job: Job) -> None:
        """Return once the job is done. A job that nobody waits for any more is given up."""
        gone = request_context(self._services.settings).client_gone
        deadline = time.monotonic() + self._services.settings.max_timeout
        while True:
            step = jobs.changes.step
            current = jobs.find(job.id, _ANYBODY)
            if current.status == "done" and not current.texts_failed:
                return
            if current.ended:
                jobs.remove(current)
                raise InternalServerError(current.error or "a text could not be translated")
            given_up: Exception | None = None
            if jobs.changes.closed:
                given_up = UnavailableError("the server is about to stop")
            elif time.monotonic() > deadline:
                given_up = DeadlineError("the file takes too long")
            elif gone():
                given_up = ClientGoneError()
            if given_up is not None:
                jobs.remove(current)
                raise given_up
            jobs.changes.wait(step, _CHECK_SECONDS)
