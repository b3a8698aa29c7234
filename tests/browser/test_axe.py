"""axe-core finds no fault on the page: on a desk, a phone, in the dark; in trouble."""

from collections.abc import Sequence
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_documents import drop
from tests.browser.test_layout import PHONE, fill
from tests.fakes import FakePool

AXE = Axe()
Scheme = Literal["light", "dark"]
# Colours are all that differs in the dark, and not by the width of the screen.
on_each_device = pytest.mark.parametrize(
    ("options", "schemes"), [({}, ("light", "dark")), (PHONE, ("light",))], ids=["desktop", "phone"]
)


def faults(
    page: Page, schemes: Sequence[Scheme] = ("light",), exclude: str | None = None
) -> list[str]:
    """Return what axe-core objects to, with all of its rules, except in what a selector names."""
    context = {"exclude": exclude} if exclude else None
    found = []
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        found += [
            f"{scheme}: {violation['id']} ({violation['impact']}): {node['html'][:120]}"
            for violation in AXE.run(page, context).response["violations"]
            for node in violation["nodes"]
        ]
    return found


@pytest.mark.usefixtures("read_options")
@on_each_device
def test_the_page(
    open_page: OpenPage, busy_pool: FakePool, options: dict[str, Any], schemes: Sequence[Scheme]
) -> None:
    page = open_page(reduced_motion="reduce", **options)
    assert faults(page, schemes) == []
    fill(page)
    expect(page.locator("#warnings li")).to_have_count(1)
    stub = drop(page, {"a.stub": "Hello"}).last
    expect(stub.locator(".notices li")).to_have_count(1)
    expect(page.locator(".texts .doubtful")).to_have_count(2)
    stub.get_by_text("Options").click()
    assert faults(page, schemes) == []
    page.route("**/translation", lambda route: route.fulfill(status=401))
    page.fill("#text", "Hello!")
    expect(page.locator("#key")).to_be_visible()
    assert faults(page, schemes) == []
    page.click("#help")
    assert faults(page, schemes) == []
