"""What goes wrong is said in plain words, and can be tried again."""

import pytest
from playwright.sync_api import Page, Route, expect

from gpu_pool.errors import (
    DeadlineError,
    OverloadedError,
    PoolError,
    QuarantinedError,
    TranslationError,
    UnavailableError,
)
from server.auth.keys import digest_of
from server.core.settings import Settings
from tests.browser.conftest import MAX_CHARACTERS, OpenPage
from tests.fakes import FakePool

KEY = "m2m_alice"


REFUSALS: list[tuple[PoolError, str]] = [
    (OverloadedError(2.5), "The server is busy. Try again in 3 seconds."),
    (UnavailableError("x"), "starting, stopping, or has lost its devices"),
    (DeadlineError("x"), "took too long"),
]
FAILURES: list[tuple[Exception, str]] = [
    (QuarantinedError("x"), "crashed the translator twice"),
    (TranslationError("x"), "could not be translated"),
]
FOREIGN = [  # answers of a proxy, or of another server
    (502, "<html>nginx</html>", "The proxy cannot reach the server."),
    (418, "", "The server returned error 418."),
    (418, '{"detail": "I am a teapot"}', "The server says: I am a teapot."),
    (200, "<html>", "The server cannot be reached."),
]


def test_what_the_pool_refuses_can_be_tried_again(page: Page, pool: FakePool) -> None:
    for error, words in REFUSALS:
        pool.refusal = error
        page.fill("#text", f"Hello {words}")
        expect(page.locator("#problem p")).to_contain_text(words)
        expect(page.locator("#translation")).to_be_empty()
        pool.refusal = None
        page.click("#problem button")
        expect(page.locator("#translation")).to_have_text(f"Hello {words}".upper())
        expect(page.locator("#problem")).to_be_hidden()


def test_a_text_that_fails(page: Page, pool: FakePool) -> None:
    for error, words in FAILURES:
        pool.failures["Hello"] = error
        page.fill("#text", "Hello")
        expect(page.locator("#problem p")).to_contain_text(words)
        page.fill("#text", "")
        expect(page.locator("#problem")).to_be_hidden()


def test_a_text_that_is_too_long_is_not_sent(page: Page, pool: FakePool) -> None:
    page.fill("#text", "😀" * (MAX_CHARACTERS + 7))
    expect(page.locator("#counter")).to_have_text("1,007 / 1,000")
    expect(page.locator("#problem p")).to_contain_text("7 characters too long")
    expect(page.locator("#text")).to_have_attribute("aria-invalid", "true")
    assert pool.submitted == []


def test_a_server_that_is_gone(open_page: OpenPage) -> None:
    page = open_page(clock=True)
    expect(page.locator(".device")).to_have_count(2)
    page.context.set_offline(True)
    page.fill("#text", "Hello")
    page.clock.run_for(2_000)
    expect(page.locator("#problem p")).to_have_text("The server cannot be reached.")
    expect(page.locator("#health")).to_have_text("Not connected")
    page.context.set_offline(False)
    page.click("#problem button")
    page.clock.run_for(2_000)
    expect(page.locator("#translation")).to_have_text("HELLO")
    expect(page.locator("#health")).to_have_text("2 devices ready")


def test_answers_that_are_not_the_servers(page: Page) -> None:
    answers = iter(FOREIGN)

    def answer(route: Route) -> None:
        status, body, _ = next(answers)
        route.fulfill(status=status, body=body)

    page.route("**/translation", answer)
    for _, _, words in FOREIGN:
        page.fill("#text", f"Hello {words}")
        expect(page.locator("#problem p")).to_have_text(words)


class TestKeys:
    """A server that asks for a key."""

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(port=0, jobs=None, api_keys_toml=f'[alice]\nsha256 = "{digest_of(KEY)}"\n')

    def test_the_field_appears_when_it_is_needed(self, page: Page) -> None:
        form, field = page.locator("#key"), page.locator("#key-field")
        expect(form).to_be_hidden()
        page.fill("#text", "Hello")
        expect(page.locator("#problem p")).to_have_text("This server requires an API key.")
        field.fill("wrong")
        field.press("Enter")
        expect(page.locator("#problem p")).to_have_text("The server does not accept this API key.")
        field.fill(KEY)
        page.click("text=Use key")
        expect(page.locator("#translation")).to_have_text("HELLO")
        expect(form).to_be_hidden()
        assert page.evaluate("[sessionStorage.length, localStorage['api-key']]") == [1, None]
        page.reload()
        page.fill("#text", "Again")
        expect(page.locator("#translation")).to_have_text("AGAIN")
