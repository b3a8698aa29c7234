"""Choosing languages: few and many, by mouse and keyboard, by names and codes; directions."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from server.core.models import Models
from tests.browser.conftest import OpenPage
from tests.browser.pickers import choose, expect_language, language, options
from tests.browser.test_axe import Scheme, faults, on_each_device
from tests.browser.test_documents import drop
from tests.browser.test_layout import PHONE
from tests.fakes import FakePool, one_model
from translator.models.flores import FLORES_CODES

DIRECTION = "element => getComputedStyle(element).direction"
NAMES_AND_CODES = (
    ("German", "deu_Latn"), ("FRANÇAIS", "fra_Latn"), ("deutsch", "deu_Latn"),
    ("francais", "fra_Latn"), ("deu", "deu_Latn"), ("espanol", "spa_Latn"), ("de", "deu_Latn"),
    ("العربية", "arb_Arab"), ("deu_Latn", "deu_Latn"), ("arabic", "arb_Arab"),
    ("中文", "zho_Hans"), ("zh-Hant", "zho_Hant"), ("bokmal", "nob_Latn"),
    ("traditional", "zho_Hant"), ("iw", "heb_Hebr"),
    ("kabiye", "kbp_Latn"), ("sw", "swh_Latn"), ("हिन्दी", "hin_Deva"),
)  # fmt: skip
OFF = """() => {
  for (const name of ["localStorage", "sessionStorage"]) {
    const get = () => { throw new DOMException("off", "SecurityError"); };
    Object.defineProperty(window, name, {get});
  }
}"""


def active(page: Page, field: str) -> str:
    """Return the text of the option where one is."""
    identifier = page.get_attribute(f"#{field}", "aria-activedescendant")
    return page.locator(f"#{identifier}").inner_text() if identifier else ""


class TestFewLanguages:
    """The five of the fake model."""

    def test_one_is_chosen_with_the_mouse(self, page: Page) -> None:
        page.click("#target")
        expect(options(page, "target")).to_have_text(
            ["English", "French français", "German Deutsch", "Hebrew עברית", "Portuguese português"]
        )
        expect(page.locator("#target-list [role=group]")).to_have_count(0)
        chosen = page.locator("#target-list [aria-selected=true]")
        expect(chosen).to_contain_text("German")
        page.get_by_role("option", name="French").click()
        expect_language(page, "target", "fr")
        expect(page.locator("#target-list")).to_be_hidden()
        expect(page.locator("#target")).to_have_value("French")
        expect(page.locator("#target")).to_be_focused()

    def test_a_second_click_closes_the_list(self, page: Page) -> None:
        for shown in (True, False, True):
            page.click("#target")
            expect(page.locator("#target-list")).to_be_visible(visible=shown)

    def test_the_source_may_be_detected(self, page: Page) -> None:
        choose(page, "source", "French")
        page.click("#source")
        options(page, "source").first.click()
        expect(page.locator("#source")).to_have_value("Detect language")
        expect_language(page, "source", "auto")

    def test_a_phone_shows_no_keyboard_for_them(self, page: Page) -> None:
        expect(page.locator("#target")).to_have_attribute("inputmode", "none")

    def test_leaving_the_field_keeps_the_choice(self, page: Page) -> None:
        page.click("#target")
        page.keyboard.type("Fre")
        page.click("#text")
        expect(page.locator("#target")).to_have_value("German")
        expect(page.locator("#target-list")).to_be_hidden()
        expect_language(page, "target", "de")

    def test_the_page_works_where_nothing_can_be_stored(self, open_page: OpenPage) -> None:
        page = open_page(before=lambda page: page.add_init_script(f"({OFF})()"))
        choose(page, "target", "French")
        page.fill("#text", "Hello")
        expect(page.locator("#translation")).to_have_text("HELLO")

    def test_a_text_has_the_language_and_direction_that_are_chosen(self, page: Page) -> None:
        text, translation = page.locator("#text"), page.locator("#translation")
        choose(page, "source", "Hebrew")
        choose(page, "target", "German")
        expect(text).to_have_attribute("dir", "rtl")
        expect(text).to_have_attribute("lang", "he")
        page.fill("#text", "שלום עולם")
        expect(translation).to_have_text("שלום עולם")
        expect(translation).to_have_attribute("lang", "de")
        assert translation.evaluate(DIRECTION) == "ltr"
        page.click("#swap")
        expect(text).to_have_attribute("dir", "ltr")
        expect(translation).to_have_attribute("dir", "rtl")
        expect(translation).to_have_attribute("lang", "he")
        choose(page, "source", "Detect language")
        page.fill("#text", "Guten Morgen, wie geht es Ihnen heute?")
        expect(text).to_have_attribute("lang", "de")
        expect(text).to_have_attribute("dir", "auto")
        page.fill("#text", "")
        expect(text).to_have_attribute("lang", "")


class TestManyLanguages:
    """The 202 of NLLB-200."""

    @pytest.fixture
    def models(self) -> Models:
        return one_model(languages=FLORES_CODES)

    def test_one_is_found_by_names_and_codes(self, page: Page) -> None:
        for typed, code in NAMES_AND_CODES:
            page.fill("#target", typed)
            first = options(page, "target").first
            expect(first, typed).to_have_attribute("data-value", code)
            page.press("#target", "Enter")
            expect_language(page, "target", code)

    def test_the_browsers_language_is_the_first_target(self, open_page: OpenPage) -> None:
        assert language(open_page(), "target") == "deu_Latn"

    def test_the_list_is_read_aloud_and_says_where_one_is(self, page: Page) -> None:
        field = page.locator("#target")
        press = page.keyboard.press
        expect(field).to_have_attribute("aria-expanded", "false")
        page.keyboard.press("Alt+Shift+T")
        expect(field).to_have_attribute("aria-expanded", "true")
        expect(options(page, "target")).to_have_count(202)
        assert active(page, "target").startswith("German")
        press("ArrowDown")
        assert active(page, "target").startswith("Greek")
        press("ArrowUp")
        press("ArrowUp")
        assert active(page, "target").startswith("Georgian")
        press("Home")
        assert active(page, "target").startswith("Acehnese (Arabic")
        press("ArrowUp")
        assert active(page, "target").startswith("Zulu")
        press("Home")
        press("PageDown")
        press("PageUp")
        assert active(page, "target").startswith("Acehnese (Arabic")
        press("End")
        assert active(page, "target").startswith("Zulu")
        box = page.locator("#target-list .active")
        expect(box).to_be_in_viewport()
        press("Escape")
        expect(field).to_have_attribute("aria-expanded", "false")
        expect_language(page, "target", "deu_Latn")
        press("ArrowDown")
        press("End")
        press("Enter")
        expect_language(page, "target", "zul_Latn")

    def test_typing_says_how_many_are_found(self, page: Page) -> None:
        status = page.locator("#target-picker [role=status]")
        page.click("#target")
        page.keyboard.type("chinese")
        expect(status).to_have_text("2 languages found")
        expect(options(page, "target").first).to_contain_text("Chinese (simplified)")
        page.keyboard.type("qq")
        expect(status).to_have_text("0 languages found")
        expect(page.locator("#target-picker .none")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.locator("#target-list")).to_have_count(1)
        expect_language(page, "target", "deu_Latn")
        page.keyboard.press("Escape")
        expect(page.locator("#target")).to_have_value("German")

    def test_tab_takes_what_was_typed(self, page: Page) -> None:
        page.click("#source")
        page.keyboard.type("fijian")
        page.keyboard.press("Tab")
        expect_language(page, "source", "fij_Latn")
        expect(page.locator("#swap")).to_be_focused()

    def test_the_recent_ones_come_first(self, page: Page) -> None:
        for name in ("Zulu", "Yoruba", "Xhosa", "Wolof", "Welsh", "Waray"):
            choose(page, "target", name)
        page.reload()
        expect_language(page, "target", "war_Latn")
        page.click("#target")
        recent = page.get_by_role("group", name="Recent").get_by_role("option")
        expect(recent).to_have_text(
            [re.compile(name) for name in ("Waray", "Welsh", "Wolof", "Xhosa", "Yoruba")]
        )
        expect(options(page, "target")).to_have_count(202)
        page.keyboard.type("x")
        expect(page.get_by_role("group", name="Recent")).to_have_count(0)

    def test_languages_that_are_not_detected_are_marked_in_the_source(self, page: Page) -> None:
        page.fill("#source", "fijian")
        expect(options(page, "source").first).to_contain_text("not detected")
        page.fill("#source", "german")
        expect(options(page, "source").first).not_to_contain_text("not detected")
        page.fill("#target", "fijian")
        expect(options(page, "target").first).not_to_contain_text("not detected")

    def test_arabic_is_written_from_right_to_left(self, page: Page, pool: FakePool) -> None:
        choose(page, "source", "English")
        choose(page, "target", "Modern Standard Arabic")
        page.fill("#text", "Hello")
        translation = page.locator("#translation")
        expect(translation).to_have_text("HELLO")
        assert pool.submitted[-1].options.target == "arb_Arab"
        expect(translation).to_have_attribute("lang", "ar")
        assert translation.evaluate(DIRECTION) == "rtl"
        expect(page.locator("#alternatives button").first).to_have_attribute("dir", "rtl")
        page.click("#swap")
        expect(page.locator("#text")).to_have_attribute("dir", "rtl")
        expect(page.locator("#text")).to_have_attribute("lang", "ar")
        page.click("#target")
        page.keyboard.type("arb")
        aside = options(page, "target").first.locator(".aside")
        expect(aside).to_have_text("العربية")
        assert aside.evaluate(DIRECTION) == "rtl"
        assert options(page, "target").first.evaluate(DIRECTION) == "ltr"

    def test_documents_have_the_direction_and_tag_of_the_target(self, page: Page) -> None:
        choose(page, "source", "English")
        choose(page, "target", "Modern Standard Arabic")
        row = drop(page, {"a.txt": "Hello"})
        expect(row.get_by_role("link")).to_have_attribute("download", "a.ar.txt")
        translated = row.locator(".texts [lang=ar]")
        expect(translated).to_have_text("HELLO")
        assert translated.evaluate(DIRECTION) == "rtl"

    def test_tags_are_those_of_bcp_47(self, page: Page) -> None:
        choose(page, "source", "Chinese (traditional)")
        expect(page.locator("#text")).to_have_attribute("lang", "zh-Hant")
        page.fill("#text", "車站在哪裡")
        expect(page.locator("#translation")).to_have_attribute("lang", "de")

    @on_each_device
    def test_axe_finds_nothing(
        self, open_page: OpenPage, options: dict[str, Any], schemes: Sequence[Scheme]
    ) -> None:
        page = open_page(reduced_motion="reduce", **options)
        choose(page, "target", "French")
        for field in ("source", "target"):
            page.click(f"#{field}")
            assert faults(page, schemes) == []
            page.keyboard.type("qqq")
            assert faults(page, schemes) == []
            page.keyboard.press("Escape")

    def test_the_list_fits_a_phone(self, open_page: OpenPage) -> None:
        page = open_page(**PHONE)
        expect(page.locator("#target")).to_have_attribute("inputmode", "search")
        for field in ("source", "target"):
            page.tap(f"#{field}")
            box = page.locator(f"#{field}-picker .popup").bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 360
            assert box["y"] + box["height"] <= 740
            assert box["width"] >= 300
            heights = options(page, field).evaluate_all("all => all.map(one => one.clientHeight)")
            assert min(heights) >= 44
            page.keyboard.press("Escape")
        page.tap("#target")
        page.get_by_role("option", name="Greek").tap()
        expect_language(page, "target", "ell_Grek")
        expect(page.locator("#target")).not_to_be_focused()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
