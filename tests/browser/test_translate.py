"""Typing a text: its translation, languages, other ways to say it, warnings, copying."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.pickers import choose, expect_language, language
from tests.fakes import FakePool

HELLO = "Good morning, how are you today?"


def read_clipboard(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_the_translation_appears_as_one_types(page: Page) -> None:
    page.keyboard.type("Hello")  # the text has the focus
    expect(page.locator("#translation")).to_have_text("HELLO")
    expect(page.locator("#translation")).to_have_attribute("lang", "de")
    expect(page.locator("#counter")).to_have_text("5 / 1,000")
    page.fill("#text", "")
    expect(page.locator("#translation")).to_be_empty()
    expect(page.locator("#copy")).to_be_disabled()


def test_a_text_is_sent_once_the_typing_pauses(open_page: OpenPage, pool: FakePool) -> None:
    page = open_page(clock=True)
    for letter in "Hello":
        page.keyboard.press(letter)
        page.clock.run_for(200)
    assert pool.submitted == []
    page.clock.run_for(400)
    expect(page.locator("#translation")).to_have_text("HELLO")
    assert [segment.text for segment in pool.submitted] == ["Hello"]


def test_a_stale_answer_is_dropped_and_its_request_cancelled(page: Page, pool: FakePool) -> None:
    pool.holding = True
    choose(page, "source", "English")
    page.fill("#text", "first")
    expect(page.locator("#result")).to_have_attribute("aria-busy", "true")
    pool.wait_until_holding(1)
    page.fill("#text", "second")
    pool.wait_until_holding(2)
    while not pool.futures[0].cancelled():  # once the server has noticed that nobody waits
        page.wait_for_timeout(50)
    pool.release()
    expect(page.locator("#translation")).to_have_text("SECOND")
    expect(page.locator("#result")).to_have_attribute("aria-busy", "false")


def test_the_layout_of_the_text_is_kept(page: Page) -> None:
    text = "One.\n\n  - two  three\n\ttabbed"
    page.fill("#text", text)
    output = page.locator("#translation")
    expect(output).to_have_text("ONE.\n\n  - TWO  THREE\n\tTABBED", use_inner_text=True)
    page.click("#copy")
    expect(page.locator("#copy")).to_contain_text("Copied")
    assert read_clipboard(page) == text.upper()


def test_copying_works_where_the_browser_has_no_clipboard(open_page: OpenPage) -> None:
    """As in pages that came without TLS from elsewhere."""
    hide = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
    page = open_page(before=lambda page: page.add_init_script(hide))
    page.fill("#text", "Hello")
    expect(page.locator("#translation")).to_have_text("HELLO")
    page.click("#copy")
    expect(page.locator("#copy")).to_contain_text("Copied")
    page.fill("#text", "")
    page.focus("#text")
    page.keyboard.press("Control+V")
    expect(page.locator("#text")).to_have_value("HELLO")


def test_the_language_is_detected_shown_and_can_be_settled(page: Page) -> None:
    choose(page, "target", "French")
    page.fill("#text", HELLO)
    expect(page.locator("#detected")).to_contain_text("Detected English")
    page.fill("#text", "Guten Morgen, wie geht es Ihnen heute?")
    expect(page.locator("#detected")).to_contain_text("Detected German")
    page.click("#detected")
    expect_language(page, "source", "de")
    expect(page.locator("#detected")).to_be_hidden()
    expect(page.locator("#translation")).to_contain_text("GUTEN MORGEN")


def test_a_text_in_the_preselected_target_language_gets_another_target(page: Page) -> None:
    assert language(page, "target") == "de"
    page.fill("#text", "Guten Morgen, wie geht es Ihnen heute?")
    expect(page.locator("#translation")).to_have_text("GUTEN MORGEN, WIE GEHT ES IHNEN HEUTE?")
    expect_language(page, "target", "en")
    expect(page.locator("#warnings")).to_be_hidden()
    page.fill("#text", HELLO)
    expect(page.locator("#translation")).to_have_text(HELLO.upper())
    expect_language(page, "target", "de")


def test_a_text_in_the_chosen_target_language_is_said_to_be(page: Page, pool: FakePool) -> None:
    choose(page, "target", "English")
    choose(page, "target", "German")
    page.fill("#text", "Guten Morgen, wie geht es Ihnen heute?")
    expect(page.locator("#warnings li")).to_have_text(["The text already seems to be German."])
    assert pool.submitted == []


def test_swapping_turns_languages_and_texts_around(page: Page) -> None:
    page.fill("#text", HELLO)
    expect(page.locator("#translation")).to_have_text(HELLO.upper())
    page.click("#swap")
    expect_language(page, "source", "de")
    expect_language(page, "target", "en")
    expect(page.locator("#text")).to_have_value(HELLO.upper())
    expect(page.locator("#translation")).to_have_text(HELLO.upper())


def test_the_languages_never_are_the_same(page: Page) -> None:
    choose(page, "source", "German")
    assert language(page, "target") != "de"
    choose(page, "target", "German")
    assert language(page, "source") not in ("de", "auto")
    choose(page, "source", "German")
    assert language(page, "target") != "de"


def test_the_languages_are_remembered(page: Page) -> None:
    choose(page, "source", "Hebrew")
    choose(page, "target", "Portuguese")
    page.reload()
    expect_language(page, "source", "he")
    expect_language(page, "target", "pt")


def test_an_alternative_changes_places_with_the_translation(page: Page) -> None:
    page.fill("#text", "Hello")
    others = page.locator("#alternatives button")
    expect(others).to_have_text(["HELLO (2)", "HELLO (3)", "HELLO (4)"])
    others.nth(1).click()
    expect(page.locator("#translation")).to_have_text("HELLO (3)")
    expect(others).to_have_text(["HELLO (2)", "HELLO", "HELLO (4)"])
    page.click("#copy")
    expect(page.locator("#copy")).to_contain_text("Copied")
    assert read_clipboard(page) == "HELLO (3)"


def test_long_texts_come_without_alternatives(page: Page, pool: FakePool) -> None:
    page.fill("#text", "word " * 80)
    expect(page.locator("#translation")).to_contain_text("WORD")
    expect(page.locator("#alternatives")).to_be_hidden()
    assert {segment.options.alternatives for segment in pool.submitted} == {0}


def test_warnings_are_put_in_plain_words(page: Page, pool: FakePool) -> None:
    pool.warnings["Hello"] = ("lost_token", "repetition")
    page.fill("#text", "Hello")
    expect(page.locator("#warnings li")).to_have_text(
        [
            "A term of the glossary is missing from the translation.",
            "The translation repeats itself; parts may be wrong.",
        ]
    )
    page.fill("#text", "Bye")
    expect(page.locator("#translation")).to_have_text("BYE")
    expect(page.locator("#warnings")).to_be_hidden()
