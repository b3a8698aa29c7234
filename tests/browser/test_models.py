"""A server with several models: the page offers them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from server.core.models import Models
from tests.browser.conftest import OpenPage
from tests.browser.test_axe import Scheme, faults, on_each_device
from tests.fakes import LANGUAGES, FakePool, served_model


@pytest.fixture
def models() -> Models:
    other = FakePool(translate=str.lower)
    second = replace(served_model("second"), translated_by=lambda pool, cache: other)
    return Models([served_model("first", LANGUAGES), second])


def test_a_text_is_translated_by_the_model_that_is_chosen(page: Page) -> None:
    page.fill("#text", "Hello World")
    translation = page.locator("#translation")
    expect(translation).to_have_text("HELLO WORLD")
    page.select_option("#model", "second")
    expect(translation).to_have_text("hello world")
    page.select_option("#model", "")
    expect(translation).to_have_text("HELLO WORLD")


def test_a_document_too(page: Page) -> None:
    page.select_option("#model", label="Model: second")
    page.set_input_files("#file", {"name": "a.txt", "mimeType": "", "buffer": b"Hello World"})
    expect(page.locator("#files")).to_contain_text("hello world")


@on_each_device
def test_everybody_can_use_the_choice(
    open_page: OpenPage, options: dict[str, Any], schemes: Sequence[Scheme]
) -> None:
    page = open_page(reduced_motion="reduce", **options)
    expect(page.get_by_label("Model", exact=True)).to_be_visible()
    assert faults(page, schemes) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
