"""The API viewer: it shows every route, and sends requests with a key."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

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


def open_docs(page: Page) -> None:
    page.goto("/docs")
    expect(page.locator(TRANSLATE)).to_be_visible()


def execute(page: Page) -> None:
    """Send the example of POST /translation."""
    page.click(f"{TRANSLATE} .opblock-summary-control")
    page.click(f"{TRANSLATE} .execute")


@pytest.mark.parametrize(
    "options", [{}, PHONE, {"color_scheme": "dark"}], ids=["desktop", "phone", "dark"]
)
def test_a_request_is_tried(open_page: OpenPage, options: dict[str, Any], url: str) -> None:
    page = open_page(**options)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_docs(page)
    routes = page.request.get("/openapi.json").json()["paths"]
    expect(page.locator(".opblock")).to_have_count(sum(map(len, routes.values())))
    execute(page)
    answer = page.locator(f"{TRANSLATE} .live-responses-table")
    expect(answer).to_contain_text("GOOD MORNING.")
    curl = page.locator(f"{TRANSLATE} .curl").first
    expect(curl).to_contain_text(f"{url}/translation")
    assert faults(page, exclude="#viewer") == []
    assert {fault.split()[0] for fault in faults(page)} <= OF_SWAGGER_UI
    assert all(address.startswith((url, "data:")) for address in asked)
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (ground == "rgb(17, 20, 23)") == dark
    assert ("dark-mode" in (page.get_attribute("html", "class") or "")) == dark


class TestWithKeys:
    """A server that asks for a key."""

    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        keys = f'[alice]\nsha256 = "{digest_of(KEY)}"\n'
        return Settings(port=0, max_characters=MAX_CHARACTERS, api_keys_toml=keys, jobs=None)

    def test_a_key_is_entered(self, page: Page) -> None:
        open_docs(page)
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

    def test_the_key_of_the_page_is_known(self, page: Page) -> None:
        page.evaluate("key => sessionStorage.setItem('api-key', JSON.stringify(key))", KEY)
        open_docs(page)
        execute(page)
        expect(page.locator(f"{TRANSLATE} .live-responses-table")).to_contain_text("GOOD MORNING.")
