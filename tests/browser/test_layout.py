"""The page without a mouse, on a phone, in the dark, for weak eyes."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.pickers import expect_language
from tests.browser.test_documents import drop
from tests.fakes import FakePool

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "is_mobile": True,
    "has_touch": True,
}
TEXT_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, level AA
FINGER = 44  # CSS pixels
GROUNDS: tuple[tuple[Literal["light", "dark"], str], ...] = (
    ("light", "rgb(246, 246, 243)"),
    ("dark", "rgb(17, 20, 23)"),
)

# Every visible text, with its contrast against the colours that lie behind it.
CONTRASTS = """() => {
  const channels = color => {
    const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number);
    return {r, g, b, a};
  };
  const over = (top, under) => {
    const mix = key => top[key] * top.a + under[key] * (1 - top.a);
    return {r: mix("r"), g: mix("g"), b: mix("b"), a: 1};
  };
  const light = ({r, g, b}) => {
    const linear = value => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  };
  const ground = element => {
    if (!element) return {r: 255, g: 255, b: 255, a: 1};
    return over(channels(getComputedStyle(element).backgroundColor), ground(element.parentElement));
  };
  const ratio = (color, element) => {
    const behind = ground(element);
    const [low, high] = [light(over(channels(color), behind)), light(behind)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    const field = element.matches("input, select, textarea");
    if (!(text || field) || !element.checkVisibility({visibilityProperty: true})) continue;
    if (element.matches("option, noscript, .hidden")) continue;
    found.push([element.textContent.trim().slice(0, 40) || element.id,
                ratio(getComputedStyle(element).color, element)]);
    for (const pseudo of ["::placeholder", "::before"]) {
      const style = getComputedStyle(element, pseudo);
      const shown = pseudo === "::placeholder" ? element.placeholder : style.content.length > 6;
      if (shown) found.push([element.id + pseudo, ratio(style.color, element)]);
    }
  }
  return found;
}"""
TARGETS = """() => [...document.querySelectorAll(
    "button, select, [role=combobox], [role=option], a, .button, textarea")]
  .filter(element => element.checkVisibility({visibilityProperty: true}))
  .map(element => [element.id || element.textContent.trim(), element.getBoundingClientRect()])
  .map(([name, box]) => [name, box.width, box.height])"""
RING = """() => {
  const shown = element => {
    const style = getComputedStyle(element);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  };
  const focused = document.activeElement;
  return shown(focused) || shown(focused.closest(".pane, .button") ?? focused);
}"""
NAME = "() => document.activeElement.id || document.activeElement.textContent.trim()"


def fill(page: Page) -> None:
    """Make the page show a translation, alternatives, a warning and two documents."""
    page.fill("#text", "Hello")
    expect(page.locator("#alternatives button")).to_have_count(3)
    rows = drop(page, {"a.txt": "Hello", "photo.png": "x"})
    expect(rows.nth(1)).to_contain_text(".png files are not read")
    expect(rows.nth(0)).to_contain_text("Translated")
    expect(page.locator(".device")).to_have_count(3)


def test_texts_stand_out_from_what_is_behind_them(open_page: OpenPage, busy_pool: FakePool) -> None:
    page = open_page(reduced_motion="reduce")

    def measure() -> list[tuple[str, str, float]]:
        found = []
        for scheme, ground in GROUNDS:
            page.emulate_media(color_scheme=scheme)
            body = "getComputedStyle(document.body).backgroundColor"
            assert page.evaluate(body) == ground
            found += [(scheme, *text) for text in page.evaluate(CONTRASTS)]
        return found

    empty = measure()
    fill(page)
    full = measure()
    page.route("**/translation", lambda route: route.fulfill(status=401))
    page.fill("#text", "x" * 1_001)
    expect(page.locator("#problem p")).to_contain_text("too long")
    page.fill("#text", "Hello!")
    expect(page.locator("#key")).to_be_visible()
    page.click("#help")
    failed = measure()
    assert [text for text in (*empty, *full, *failed) if text[2] < TEXT_CONTRAST] == []
    assert len(full) > 80  # it has seen the texts
    assert "text::placeholder" in [name for _, name, _ in empty]


def test_nothing_is_wider_than_a_phone_or_smaller_than_a_finger(
    open_page: OpenPage, busy_pool: FakePool
) -> None:
    page = open_page(**PHONE)
    fill(page)
    page.fill("#text", "Donaudampfschifffahrtsgesellschaftskapitän" * 5)
    expect(page.locator("#translation")).to_contain_text("Donau", ignore_case=True)
    for width in (360, 320):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") == width
    small = [target for target in page.evaluate(TARGETS) if min(target[1:]) < FINGER]
    assert small == []
    size = page.locator("#text").evaluate("field => parseFloat(getComputedStyle(field).fontSize)")
    assert size >= 16  # or iOS zooms in when it gets the focus


def test_all_can_be_reached_and_seen_with_the_tab_key(page: Page) -> None:
    expect(page.locator(".device")).to_have_count(2)
    page.keyboard.type("Hello")
    expect(page.locator("#alternatives button")).to_have_count(3)

    def walk() -> Iterator[str]:
        while True:
            assert page.evaluate(RING), page.evaluate(NAME)
            yield page.evaluate(NAME)
            page.keyboard.press("Tab")

    expected = ["text", "detected", "clear", "translation", "HELLO (2)", "HELLO (3)", "HELLO (4)"]
    assert page.evaluate(NAME) == "text"
    names = list(islice(walk(), 12))
    assert names[1:3] == expected[1:3]
    assert names[4:7] == expected[4:]
    assert names[7:] == ["copy", "Which files?", "file", "help", "api"]
    page.focus("#text")
    for name in ("target", "swap", "source", "health"):
        page.keyboard.press("Shift+Tab")
        assert (page.evaluate(NAME), page.evaluate(RING)) == (name, True)


def test_a_translation_by_keyboard_alone(page: Page, pool: FakePool) -> None:
    press, shown = page.keyboard.press, page.locator("#translation")
    press("Alt+Shift+T")
    page.keyboard.type("French")
    press("Enter")
    press("Alt+Shift+F")
    page.keyboard.type("English")
    press("Enter")
    expect_language(page, "target", "fr")
    expect_language(page, "source", "en")
    press("/")
    expect(page.locator("#source")).to_be_focused()  # in a field it is a character
    press("Tab")
    press("/")
    page.keyboard.type("Hello?")
    press("Control+Enter")
    expect(shown).to_have_text("HELLO?")
    assert [(s.options.source, s.options.target) for s in pool.submitted[-1:]] == [("en", "fr")]
    for _ in range(3):
        press("Tab")
    press("Enter")  # on the first alternative
    expect(shown).to_have_text("HELLO? (2)")
    press("Alt+Shift+C")
    expect(page.locator("#copy")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "HELLO? (2)"
    press("Alt+Shift+S")
    expect_language(page, "target", "en")
    press("Alt+Shift+X")
    expect(page.locator("#text")).to_have_value("")
    press("Shift+Tab")
    press("Shift+Tab")
    press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    press("Escape")
    expect(page.locator("#shortcuts")).to_be_hidden()
    expect(page.locator("#swap")).to_be_focused()


def test_nothing_jumps(open_page: OpenPage, busy_pool: FakePool) -> None:
    page = open_page(reduced_motion="reduce")
    expect(page.locator(".device")).to_have_count(3)
    places = "['text', 'files', 'devices'].map(id => document.getElementById(id).offsetTop)"
    before = page.evaluate(places)
    page.fill("#text", "Hello")
    expect(page.locator("#warnings li")).to_have_count(1)
    assert page.evaluate(places) == before
    shift = """() => new Promise(resolve => {
      const total = list => list.getEntries().reduce((sum, entry) => sum + entry.value, 0);
      new PerformanceObserver(list => resolve(total(list))).observe(
        {type: "layout-shift", buffered: true});
      setTimeout(() => resolve(0), 300);
    })"""
    assert page.evaluate(shift) < 0.02  # the limit of "good" is 0.1


def test_nothing_moves_for_those_who_do_not_want_it(page: Page, pool: FakePool) -> None:
    pool.holding = True
    page.fill("#text", "Hello")
    expect(page.locator("#result")).to_have_attribute("aria-busy", "true")
    moving = "document.getAnimations().filter(a => a.effect.getTiming().iterations > 1).length"
    assert page.evaluate(moving) == 1
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(moving) == 0


def test_screen_readers_are_told(page: Page) -> None:
    expect(page.locator("#translation")).to_have_attribute("aria-live", "polite")
    for selector in ("button", "select", "textarea", "input"):
        for control in page.locator(selector).all():
            name = control.evaluate(
                "e => e.ariaLabel || e.labels?.[0]?.textContent.trim() || e.textContent.trim()"
                " || e.id"
            )
            assert name
    assert page.evaluate("document.documentElement.lang") == "en"
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => h.tagName)")
    assert levels[0] == "H1"
