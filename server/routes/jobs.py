"""POST /translation/jobs, and the routes of one job: state, result, events, deletion."""

import hashlib
from base64 import urlsafe_b64encode
from contextlib import ExitStack
from functools import partial
from typing import Any

from flask import Blueprint, Response, request, url_for

from gpu_pool.errors import OverloadedError
from server.auth.access import Client
from server.core.errors import InvalidFieldError, JobsOffError, MediaTypeError, NoResultError
from server.http import sse
from server.http.caller import header_key, identify, request_context
from server.http.request_body import read_body
from server.jobs.jobs import Jobs
from server.jobs.records import Job
from server.routes.job_bodies import NewJob, create_job, read_file_job, read_text_job
from server.routes.job_views import LAST_EVENT, show_events, show_job, show_results
from server.routes.uploads import send_translated
from server.services import Services

_WATCHERS_RETRY_SECONDS = 5.0
_RETRY_SECONDS = "5"
_LONGEST_KEY = 255  # characters
_ID_BYTES = 16  # of a digest


class JobRoutes:
    """The routes under /translation/jobs."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._settings = services.settings

    def blueprint(self) -> Blueprint:
        """Return the routes for clients."""
        blueprint = Blueprint("jobs", __name__, url_prefix="/translation/jobs")
        for path, view, method in (
            ("", self.create, "POST"),
            ("/<job_id>", self.state, "GET"),
            ("/<job_id>", self.remove, "DELETE"),
            ("/<job_id>/result", self.result, "GET"),
            ("/<job_id>/events", self.events, "GET"),
        ):
            blueprint.add_url_rule(path, view_func=view, methods=[method])
        return blueprint

    def create(self) -> tuple[dict[str, Any], int, dict[str, str]]:
        """Create a job from an array of texts or a file."""
        jobs = self._jobs()
        caller = identify(self._services.access, header_key())  # before the body is read
        job = create_job(self._services, jobs, caller, self._read, _id_of_key(caller))
        shown = self._show(job, _root())
        return shown, 202, {"Location": shown["url"], "Retry-After": _RETRY_SECONDS}

    def state(self, job_id: str) -> dict[str, Any]:
        """Return the state of a job."""
        return self._show(self._find(job_id), _root())

    def remove(self, job_id: str) -> tuple[str, int]:
        """Cancel an unfinished job; delete a finished one."""
        self._jobs().remove(self._find(job_id))
        return "", 204

    def result(self, job_id: str) -> Response:
        """Send the translated file or the translations: all, or those done from `from` on."""
        job = self._find(job_id)
        partial = "from" in request.args
        if job.spec.file is not None:
            if partial:
                raise InvalidFieldError("from is not available for file jobs", "from")
            return self._send_file(job, job.spec.file)
        first = _number(request.args.get("from", "0"), "from", job.texts)
        if job.status != "done" and not partial:
            raise NoResultError(f"the job is {job.status}; ?from=0 returns the finished part")
        with ExitStack() as held:
            held.enter_context(self._services.limit_concurrency())
            results = show_results(self._jobs(), job, first)
            response = Response(results, mimetype="application/json")
            response.call_on_close(held.pop_all().close)
        return response

    def events(self, job_id: str) -> Response:
        """Stream the job's events."""
        jobs, job = self._jobs(), self._find(job_id)
        last = request.headers.get("Last-Event-ID", request.args.get("from", "0"))
        if last == LAST_EVENT:
            return Response(status=204)  # tells browsers not to reconnect
        first = _number(last, "Last-Event-ID", job.texts)
        with ExitStack() as held:
            held.enter_context(self._services.limit_concurrency())
            if not jobs.watchers.acquire(blocking=False):
                raise OverloadedError(_WATCHERS_RETRY_SECONDS)
            held.callback(jobs.watchers.release)
            gone = request_context(self._settings).client_gone
            show = partial(self._show, root=_root())  # the request ends before the stream
            return sse.respond(show_events(jobs, job, first, show, gone), held)

    def _jobs(self) -> Jobs:
        if self._services.jobs is None:
            raise JobsOffError("jobs are off on this server, see --jobs")
        return self._services.jobs

    def _find(self, job_id: str) -> Job:
        owner = identify(self._services.access, header_key())
        return self._jobs().find(job_id, owner.name)

    def _show(self, job: Job, root: str) -> dict[str, Any]:
        return show_job(job, self._settings.job_retention, root)

    def _read(self) -> NewJob:
        if request.is_json:
            return read_text_job(read_body(), self._services)
        if request.mimetype == "multipart/form-data":
            return read_file_job(self._services)
        raise MediaTypeError("send application/json with texts, or multipart/form-data with a file")

    def _send_file(self, job: Job, name: str) -> Response:
        if job.status != "done":
            raise NoResultError(job.error or f"the job is {job.status}")
        return send_translated(self._jobs().store.result(job.number), name, job.spec.target)


def _id_of_key(caller: Client) -> str | None:
    """Return the id of the job for an Idempotency-Key; None where there is none.

    A repetition finds the job by it, on any server; who does not know the key cannot tell the id.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= _LONGEST_KEY or not key.isprintable():
        raise InvalidFieldError(
            f"Idempotency-Key must have 1 to {_LONGEST_KEY} printable characters", "Idempotency-Key"
        )
    digest = hashlib.sha256(f"{caller.name}\n{key}".encode("utf-8", "surrogatepass")).digest()
    return urlsafe_b64encode(digest[:_ID_BYTES]).rstrip(b"=").decode()


def _root() -> str:
    """Return the path of all jobs, as the client sees it: a proxy may add a prefix."""
    return url_for("jobs.create")


def _number(given: str, field: str, most: int) -> int:
    """Return the index of a text, at most the number of texts."""
    if not given.isascii() or not given.isdigit() or len(given) > len(str(most)):
        raise InvalidFieldError(f"{field} must be a number from 0 to {most}", field)
    if int(given) > most:
        raise InvalidFieldError(f"{field} must be a number from 0 to {most}", field)
    return int(given)
