"""What the document says of one route."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from server.core.errors import (
    PROBLEM_TYPE,
    PROBLEMS,
    Problem,
    http_problem,
    problem_type,
)
from server.openapi.schemas import reference

JSON = "application/json"
FORM = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"
_RETRY = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
_LABELS = {"html": "HTML"}

Content = dict[str, dict[str, Any]]
Error = type[Exception] | int  # as in PROBLEMS, or a plain status


@dataclass(frozen=True, slots=True)
class Operation:
    """A route and a method. Examples of requests and answers that go together share a name."""

    method: str
    path: str
    name: str
    tag: str
    summary: str
    answers: Mapping[int, dict[str, Any]]
    errors: Sequence[Error] = ()
    parameters: Sequence[dict[str, Any]] = ()
    body: Content = field(default_factory=dict)
    description: str = ""
    keys: Sequence[str] = ("key",)  # security schemes, of which one is asked for where keys are
    needs_body: bool = True

    def document(self) -> dict[str, Any]:
        """Return the Operation Object."""
        shown: dict[str, Any] = {
            "operationId": self.name,
            "tags": [self.tag],
            "summary": self.summary,
            "description": self.description,
            "parameters": list(self.parameters),
            "requestBody": self._body(),
            "responses": _responses(self.answers, self.errors),
            "security": [*({name: []} for name in self.keys), {}] if self.keys else [],
        }
        return {name: value for name, value in shown.items() if value or name == "security"}

    def _body(self) -> dict[str, Any] | None:
        return {"required": self.needs_body, "content": self.body} if self.body else None


def answer(
    description: str, content: Content | None = None, headers: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return a Response Object."""
    shown: dict[str, Any] = {"description": description}
    if headers:
        shown["headers"] = dict(headers)
    return shown | ({"content": content} if content else {})


def json_of(name: str, **examples: Any) -> Content:
    """Return the content that is JSON of a component's schema."""
    return {JSON: content_of(reference(name), **examples)}


def content_of(schema: dict[str, Any], **examples: Any) -> dict[str, Any]:
    """Return a Media Type Object."""
    shown = {
        name: {"summary": _LABELS.get(name, name.replace("_", " ").capitalize()), "value": value}
        for name, value in examples.items()
    }
    return {"schema": schema, "examples": shown} if shown else {"schema": schema}


def _responses(answers: Mapping[int, dict[str, Any]], errors: Iterable[Error]) -> dict[str, Any]:
    by_status: dict[int, list[Problem]] = {}
    for error in errors:
        problem = http_problem(error) if isinstance(error, int) else PROBLEMS[error]
        by_status.setdefault(problem.status, []).append(problem)
    responses = dict(answers)
    for status, problems in by_status.items():
        responses.setdefault(status, _failure(status, problems))
    return {str(status): responses[status] for status in sorted(responses)}


def _failure(status: int, problems: Sequence[Problem]) -> dict[str, Any]:
    types = sorted({problem_type(problem.slug) for problem in problems})
    schema = {
        "allOf": [reference("Problem")],
        "properties": {"type": {"enum": types}, "status": {"const": status}},
    }
    titles = dict.fromkeys(problem.title for problem in problems)
    waits = status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    return answer(
        "; ".join(titles) + ".", {PROBLEM_TYPE: {"schema": schema}}, _RETRY if waits else None
    )
