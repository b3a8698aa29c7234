"""The fields of the page in which languages are chosen."""

from playwright.sync_api import Locator, Page, expect


def choose(page: Page, field: str, name: str) -> None:
    """Choose a language by its name, as someone who types does; `field`: `source` or `target`."""
    page.fill(f"#{field}", name)
    page.press(f"#{field}", "Enter")
    expect(page.locator(f"#{field}")).to_have_value(name)


def options(page: Page, field: str) -> Locator:
    """Return the choices that are shown."""
    return page.locator(f"#{field}-list [role=option]")


def expect_language(page: Page, field: str, code: str) -> None:
    """Wait until a language is chosen."""
    expect(page.locator(f"#{field}")).to_have_attribute("data-value", code)


def language(page: Page, field: str) -> str | None:
    """Return the code of the language that is chosen."""
    return page.get_attribute(f"#{field}", "data-value")
