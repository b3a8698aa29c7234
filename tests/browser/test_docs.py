"""The API viewer: it shows every route, and sends requests with a key."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from server.auth.keys import digest_of
from server.core.settings import Settings
from tests.browser.conftest import MAX_CHARACTERS, OpenPage
from tests.browser.test_axe import faults
from tests.browser.test_layout import PHONE

KEY = "m2m_alice"
TRANSLATE = "#operations-Translation-translate"
# What axe-core objects to in Swagger UI's own elements, which this project does not make.
OF_SWAGGER_UI = {
    "color-contrast", "heading-order", "nested-interactive", "select-name", "button-name", "label",
    "scrollable-region-focusable",
}  # fmt: skip


def execute(page: Page) -> None:
    """Send the example of POST /translation."""
    page.click(f"{TRANSLATE} .opblock-summary-control")
    page.click(f"{TRANSLATE} .execute")


def has_dark_colors(page: Page) -> bool:
    """Return whether the colours are the dark ones, both of this project and of Swagger UI."""
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    dark = bool(ground == "rgb(17, 20, 23)")
    assert ("dark-mode" in (page.get_attribute("html", "class") or "")) == dark
    return dark


def show_one_route(route: Route) -> None:
    """Answer with a document that has POST /translation only: to draw all routes takes seconds."""
    document = route.fetch().json()
    document["paths"] = {"/translation": document["paths"]["/translation"]}
    route.fulfill(json=document)


def test_a_request_is_tried(open_page: OpenPage, url: str) -> None:
    asked: list[str] = []
    page = open_page(
        "/docs",
        before=lambda page: page.on("request", lambda request: asked.append(request.url)),
        color_scheme="dark",
    )
    expect(page.locator(TRANSLATE)).to_be_visible()
    assert has_dark_colors(page)
    routes = page.request.get(f"{url}/openapi.json").json()["paths"]
    expect(page.locator(".opblock")).to_have_count(sum(map(len, routes.values())))
    execute(page)
    answer = page.locator(f"{TRANSLATE} .live-responses-table")
    expect(answer).to_contain_text("GOOD MORNING.")
    curl = page.locator(f"{TRANSLATE} .curl").first
    expect(curl).to_contain_text(f"{url}/translation")
    assert faults(page, ("dark", "light"), exclude="#viewer") == []
    assert not has_dark_colors(page)
    assert {fault.split()[1] for fault in faults(page)} <= OF_SWAGGER_UI
    page.set_viewport_size(PHONE["viewport"])
    with page.expect_response("**/translation") as response:
        page.click(f"{TRANSLATE} .execute")
    assert response.value.ok
    assert faults(page, exclude="#viewer") == []
    assert all(address.startswith((url, "data:")) for address in asked)


class TestWithKeys:
    """A server that asks for a key."""

    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        keys = f'[alice]\nsha256 = "{digest_of(KEY)}"\n'
        return Settings(port=0, max_characters=MAX_CHARACTERS, api_keys_toml=keys, jobs=None)

    def test_a_key_is_entered(self, open_page: OpenPage) -> None:
        page = open_page("/docs", before=lambda page: page.route("**/openapi.json", show_one_route))
        execute(page)
        answer = page.locator(f"{TRANSLATE} .live-responses-table")
        expect(answer).to_contain_text("missing-key")
        page.click(".btn.authorize")
        page.get_by_label("Value").first.fill(KEY)
        page.click(".auth-container .authorize >> nth=0")
        page.click(".auth-container .btn-done >> nth=0")
        page.click(f"{TRANSLATE} .execute")
        expect(answer).to_contain_text("GOOD MORNING.")
        expect(page.locator(f"{TRANSLATE} .curl").first).to_contain_text(f"Bearer {KEY}")

    def test_the_key_of_the_page_is_known(self, page: Page, url: str) -> None:
        page.evaluate("key => sessionStorage.setItem('api-key', JSON.stringify(key))", KEY)
        page.route("**/openapi.json", show_one_route)
        page.goto(f"{url}/docs")
        execute(page)
        expect(page.locator(f"{TRANSLATE} .live-responses-table")).to_contain_text("GOOD MORNING.")
