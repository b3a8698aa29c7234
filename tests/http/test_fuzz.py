"""Whatever is sent, the answer is no 5xx."""

import functools
import json
from typing import Any

from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.app import create_app
from server.core.settings import Settings
from server.services import make_services
from tests.fakes import FakePool, one_model

ANY_TEXT = st.text(st.characters(), max_size=40)  # lone surrogates and NUL among them
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=10,
)
RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@functools.cache  # an application is slow to make, and requests leave it as it was
def client() -> FlaskClient:
    settings = Settings(max_texts=3, max_characters=60)
    app = create_app(make_services(FakePool(), one_model(), settings))
    return app.test_client()


def check(body: bytes) -> int:
    response = client().post("/translation", data=body, content_type="application/json")
    assert response.status_code < 500
    response.data.decode()
    json.loads(response.data)
    return response.status_code


@RELAXED
@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    assert check(body) >= 400


@RELAXED
@given(ANY_JSON)
def test_any_json(document: Any) -> None:
    check(json.dumps(document).encode())


@RELAXED
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "text": ANY_TEXT | st.lists(ANY_TEXT, max_size=4) | ANY_JSON,
            "source_language": st.sampled_from(["en", "EN", "de"]) | ANY_TEXT,
            "target_language": st.sampled_from(["fr", "iw"]) | ANY_TEXT,
        },
    ),
    st.booleans(),
)
@example({"text": "\x85\u2028 a\ud800", "source_language": "en", "target_language": "fr"}, True)
def test_nearly_right_requests(document: dict[str, Any], escaped: bool) -> None:
    body = json.dumps(document, ensure_ascii=escaped)
    check(body.encode("utf-8", "surrogatepass"))


@RELAXED
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
def test_every_real_text_is_answered(text: str) -> None:
    body = {"text": text, "source_language": "en", "target_language": "de"}
    assert check(json.dumps(body).encode()) == 200
