"""Problems of plain HTTP statuses."""

import pytest

from server.core.errors import http_problem


@pytest.mark.parametrize(
    ("status", "slug"),
    [
        (404, "not-found"),
        (413, "request-entity-too-large"),
        (414, "request-uri-too-long"),
        (416, "requested-range-not-satisfiable"),
        (422, "unprocessable-entity"),
    ],
)
def test_the_name_of_a_problem_is_the_same_on_every_python(status: int, slug: str) -> None:
    assert http_problem(status).slug == slug
