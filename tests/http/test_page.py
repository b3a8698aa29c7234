"""How the page and its files are served: fresh, or kept for ever; nothing from elsewhere."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import server
from server.app import create_admin_app, create_app
from server.core.settings import Settings
from server.services import make_services
from tests.fakes import FakePool, one_model

STATIC = Path(server.__file__).parent / "page" / "static"
ADDRESS = re.compile(r'<(?:link|script|img) [^>]*?(?:href|src)="([^"]+)"')


def test_the_page_is_asked_for_anew_and_not_sent_twice(client: FlaskClient) -> None:
    page = client.get("/")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert page.headers["Cache-Control"] == "no-cache"
    again = client.get("/", headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_its_files_can_be_kept_for_ever(client: FlaskClient) -> None:
    addresses = ADDRESS.findall(client.get("/").text)
    assert len(addresses) > 5
    for address in addresses:
        assert address.startswith("static/")  # relative: it may be behind a prefix
        file = client.get(f"/{address}")
        assert file.status_code == 200
        assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert file.data == (STATIC / Path(address).name).read_bytes()
        wrong = re.sub("static/[0-9a-f]+", "static/0123456789abcdef", address)
        assert client.get(f"/{wrong}").status_code == 404


def test_types_that_browsers_insist_on(client: FlaskClient) -> None:
    [base] = {address.rpartition("/")[0] for address in ADDRESS.findall(client.get("/").text)}
    types = {path.suffix: client.get(f"/{base}/{path.name}").mimetype for path in STATIC.iterdir()}
    assert types == {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def test_only_its_own_files_are_served(client: FlaskClient) -> None:
    for name in ("../page.py", "..%2fpage.py", "%2e%2e/page.py", "nothing.js", ""):
        assert client.get(f"/static/0/{name}").status_code == 404


def test_nothing_in_it_breaks_a_strict_policy_or_comes_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/").text
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! type=\"module\" src=)", page)
    for path in STATIC.iterdir():
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|data:[a-z]+/|@import|\beval\b|innerHTML", text), path.name


def test_the_name_of_the_model_is_escaped(pool: FakePool, settings: Settings) -> None:
    model = one_model(name='/models/<i>"x"')
    page = create_app(make_services(pool, model, settings)).test_client().get("/").text
    assert "&lt;i&gt;&#34;x&#34;" in page
    assert "<i>" not in page


@pytest.mark.parametrize(
    ("name", "said"),
    [("bundled", 1), ("/opt/models/bundled", 1), ("facebook/m2m100_418M", 0), ("/models/own", 0)],
)
def test_a_demonstration_says_once_how_to_get_a_real_model(
    pool: FakePool, settings: Settings, name: str, said: int
) -> None:
    services = make_services(pool, one_model(name=name), settings)
    page = create_app(services).test_client().get("/").text
    assert page.count("m2m-server --model facebook/m2m100_418M") == said


def test_the_admin_port_has_no_page(pool: FakePool, settings: Settings) -> None:
    admin = create_admin_app(make_services(pool, one_model(), settings)).test_client()
    assert admin.get("/").status_code == 404
