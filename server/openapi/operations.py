"""The parts of the document that describe one route. Types stand for their schemas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from server.core.errors import PROBLEM_TYPE, PROBLEMS, Problem, http_problem, problem_type
from server.core.media_types import FORM, JSON, URLENCODED
from server.openapi.curl import curl_example
from server.schemas import answers

_RETRY = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
_LABELS = {"html": "HTML"}

Content = dict[str, dict[str, Any]]
Error = type[Exception] | int  # as in PROBLEMS, or a plain status


@dataclass(frozen=True, slots=True)
class Operation:
    """A route and a method. Examples of a request and its answer have the same name."""

    route: str  # "get /languages"
    name: str
    summary: str
    answers: dict[int, dict[str, Any]]
    errors: Sequence[Error] = ()
    parameters: Sequence[dict[str, Any]] = ()
    body: Content = field(default_factory=dict)
    description: str = ""
    key: str = "key"  # security scheme, required if the server has API keys; "": never
    needs_body: bool = True
    error: Any = None  # the type of failures; None: a problem
    statuses: Mapping[Any, int] = field(default_factory=dict)  # other than in PROBLEMS

    def document(self, tag: str) -> dict[str, Any]:
        """Return the Operation Object."""
        command = curl_example(self.route, self.parameters, self.body)
        example = f"```sh\n{command}\n```" if command else ""
        body = {"required": self.needs_body, "content": self.body} if self.body else None
        shown: dict[str, Any] = {
            "operationId": self.name,
            "tags": [tag],
            "summary": self.summary,
            "description": "\n\n".join(filter(None, (self.description, example))),
            "parameters": list(self.parameters),
            "requestBody": body,
            "responses": self._responses(),
            "security": [{self.key: []}, {}] if self.key else [],
        }
        return {name: value for name, value in shown.items() if value or name == "security"}

    def _responses(self) -> dict[str, Any]:
        by_status: dict[int, list[Problem]] = {}
        for error in self.errors:
            problem = http_problem(error) if isinstance(error, int) else PROBLEMS[error]
            by_status.setdefault(self.statuses.get(error, problem.status), []).append(problem)
        failures = {status: self._failure(status, each) for status, each in by_status.items()}
        return {str(status): shown for status, shown in sorted((failures | self.answers).items())}

    def _failure(self, status: int, problems: Sequence[Problem]) -> dict[str, Any]:
        content = json_of(self.error) if self.error else _problem_of(status, problems)
        titles = dict.fromkeys(problem.title for problem in problems)
        waits = status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
        return answer("; ".join(titles) + ".", content, _RETRY if waits else None)


def answer(
    description: str, content: Content | None = None, headers: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return a Response Object."""
    shown = {"description": description, "headers": headers, "content": content}
    return {name: value for name, value in shown.items() if value}


def json_of(kind: Any, **examples: Any) -> Content:
    """Return JSON content of a type."""
    return {JSON: content_of(kind, **examples)}


def content_of(kind: Any, **examples: Any) -> dict[str, Any]:
    """Return a Media Type Object of a type, or of a schema."""
    shown = {
        name: {"summary": _LABELS.get(name, name.replace("_", " ").capitalize()), "value": value}
        for name, value in examples.items()
    }
    return {"schema": kind, "examples": shown} if shown else {"schema": kind}


def parameters_of(request: Any, form: Any, **examples: Any) -> Content:
    """Return parameters as content: JSON of one type, or a form of another."""
    json = json_of(request, **examples)
    return {**json, URLENCODED: content_of(form), FORM: content_of(form)}


def parameter(name: str, place: str, description: str, kind: Any, **more: Any) -> dict[str, Any]:
    """Return a Parameter Object."""
    return {"name": name, "in": place, "description": description, "schema": kind, **more}


def header(description: str) -> dict[str, Any]:
    """Return a Header Object."""
    return {"description": description, "schema": str}


def _problem_of(status: int, problems: Sequence[Problem]) -> Content:
    types = sorted({problem_type(problem.slug) for problem in problems})
    properties = {"type": {"enum": types}, "status": {"const": status}}
    return {PROBLEM_TYPE: content_of({"allOf": [answers.Problem], "properties": properties})}
